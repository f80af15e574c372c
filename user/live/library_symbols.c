// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library_symbols.h"

#include <gelf.h>
#include <stdio.h>
#include <string.h>

const struct library_symbol_row library_symbols[LIBRARY_SYMBOLS] = {
#define SYMBOL(function, ...) { #function, __VA_ARGS__ },
#include "library_table.h"
};

/* No more symbols of a table are read: the rest would take longer than a start may. */
#define MAX_SYMBOLS 400000

/* A cheap test that lets nearly all other names go. */
static bool may_be_hooked(const char *name)
{
	switch (name[0]) {
	case 'S': return !strncmp(name, "SSL_", 4);
	case 'W': return !strncmp(name, "WOLFSSL_", 8);
	case 'D': return !strncmp(name, "DTLSv1_", 7);
	case 'E': return !strncmp(name, "ERR_", 4);
	case 'g': return !strncmp(name, "gnutls_", 7);
	case 'm': return !strncmp(name, "mbedtls_ssl_", 12) || !strncmp(name, "mbedtls_version_", 16);
	case 'w': return !strncmp(name, "wolfSSL_", 8);
	}
	return false;
}

/* Offset in the file of what is loaded at this address and can be run; 0 if nothing is. */
static uint64_t offset_of(Elf *elf, uint64_t address)
{
	size_t num = 0;
	GElf_Phdr header;

	elf_getphdrnum(elf, &num);
	for (size_t i = 0; i < num; i++)
		if (gelf_getphdr(elf, i, &header) && header.p_type == PT_LOAD && header.p_flags & PF_X &&
		    address >= header.p_vaddr && address - header.p_vaddr < header.p_filesz)
			return address - header.p_vaddr + header.p_offset;
	return 0;
}

static void take_symbol(Elf *elf, const char *name, uint64_t address, struct library_places *places)
{
	places->tells_mbedtls |= !strcmp(name, "mbedtls_version_get_string_full");
	for (size_t i = 0; i < LIBRARY_SYMBOLS; i++) {
		if (places->offsets[i] || strcmp(name, library_symbols[i].function))
			continue;
		places->offsets[i] = offset_of(elf, address);
		if (!places->offsets[i])
			continue;
		places->num++;
		places->libraries |= 1u << library_symbols[i].library;
	}
}

static void take_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct library_places *places)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t num = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	const char *name;
	GElf_Sym symbol;

	for (size_t i = 0; i < num && i < MAX_SYMBOLS; i++) {
		if (!gelf_getsym(data, i, &symbol))
			break;
		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || !symbol.st_value)
			continue;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name && may_be_hooked(name))
			take_symbol(elf, name, symbol.st_value, places);
	}
}

/*
 * Text among the constants of a library that tells its version: "OpenSSL 3.0.17 1 Jul 2025" in libcrypto, "Mbed TLS 3.6.2" in
 * libmbedcrypto. BoringSSL and AWS-LC have "OpenSSL 1.1.1 (compatible; ...)", and LibreSSL has none.
 */
static const struct version_text {
	enum event_library_name library;
	const char *before, *after;
} version_texts[] = {
	{ LIBRARY_OPENSSL, "OpenSSL ", "" }, { LIBRARY_GNUTLS, "Enabled GnuTLS ", " logging" },
	{ LIBRARY_MBEDTLS, "mbed TLS ", "" }, { LIBRARY_MBEDTLS, "Mbed TLS ", "" },
	{ LIBRARY_WOLFSSL, "wolfSSL ", "" }, { LIBRARY_NSS, "Version: NSS ", "" },
};

/* Copy what follows in the file, for sscanf(). */
static void copy_number(char number[32], const char *at, const char *end)
{
	size_t len = end - at < 31 ? (size_t)(end - at) : 31;

	memcpy(number, at, len);
	number[len] = 0;
}

static void take_version(const Elf_Data *data, const struct version_text *text, struct library_places *places)
{
	const char *at = data->d_buf, *end = at ? at + data->d_size : NULL;
	unsigned int major, minor, patch;
	char number[32];
	int len;

	while (at && (at = memmem(at, end - at, text->before, strlen(text->before)))) {
		at += strlen(text->before);
		copy_number(number, at, end);
		len = 0;
		if (sscanf(number, "%3u.%3u.%3u%n", &major, &minor, &patch, &len) != 3 || major > 255 || minor > 255 || patch > 255 ||
		    strstr(number, "(comp") || strncmp(number + len, text->after, strlen(text->after)))
			continue;
		places->versions[text->library] = major << 24 | minor << 16 | patch << 8;
		return;
	}
}

/* May the file tell the version of this library? */
static bool tells_version(const struct library_places *places, enum event_library_name library)
{
	if (library == LIBRARY_OPENSSL)
		return places->offsets[LIBRARY_SYMBOL_ERR_set_debug] || places->offsets[LIBRARY_SYMBOL_ERR_put_error];
	if (library == LIBRARY_MBEDTLS)
		return places->tells_mbedtls;
	return places->libraries >> library & 1;
}

static void take_versions(Elf_Scn *section, struct library_places *places)
{
	const Elf_Data *data = NULL;

	for (size_t i = 0; i < sizeof(version_texts) / sizeof(version_texts[0]); i++) {
		if (places->versions[version_texts[i].library] || !tells_version(places, version_texts[i].library))
			continue;
		data = data ? data : elf_rawdata(section, NULL);
		if (data)
			take_version(data, &version_texts[i], places);
	}
}

static bool is_section(Elf *elf, size_t names, const GElf_Shdr *header, const char *name)
{
	const char *own = elf_strptr(elf, names, header->sh_name);

	return own && !strcmp(own, name);
}

static void take_sections(Elf *elf, struct library_places *places)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names = 0;

	elf_getshdrstrndx(elf, &names);
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB))
			take_table(elf, section, &header, places);
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS &&
		    is_section(elf, names, &header, ".rodata"))
			take_versions(section, places);
}

/*
 * Errors have other numbers in the libraries that were made from OpenSSL 1, so nothing is said of them there. They raise them
 * by ERR_put_error(); only OpenSSL 3 has ERR_vset_error(). A program that has it linked in may lack the text with its version.
 */
static void forget_foreign_errors(struct library_places *places)
{
	uint64_t *raise = &places->offsets[LIBRARY_SYMBOL_ERR_put_error];

	if (places->versions[LIBRARY_OPENSSL] || !*raise)
		return;
	*raise = 0;
	places->num--;
}

void library_symbols_find(int fd, struct library_places *places)
{
	Elf *elf;

	memset(places, 0, sizeof(*places));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		take_sections(elf, places);
	forget_foreign_errors(places);
	elf_end(elf);
}
