// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kallsyms.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* Take the first symbol of that name. Symbols of modules come last. */
static size_t take_symbol(struct kallsym *symbols, size_t num, const char *name, uint64_t address)
{
	for (size_t i = 0; i < num; i++)
		if (symbols[i].name && !symbols[i].found && !strcmp(symbols[i].name, name)) {
			symbols[i].address = address;
			symbols[i].found = true;
			return 1;
		}
	return 0;
}

/* A line is "ffffffff82a1c0e0 D page_offset_base"; in a module, "\t[module]" follows. */
static size_t take_line(struct kallsym *symbols, size_t num, char *line)
{
	char *name;
	uint64_t address = strtoull(line, &name, 16);

	if (name == line || name[0] != ' ' || !name[1] || name[2] != ' ')
		return 0;
	name += 3;
	name[strcspn(name, "\t\n")] = 0;
	return take_symbol(symbols, num, name, address);
}

void kallsyms_find_in(FILE *file, struct kallsym *symbols, size_t num)
{
	size_t left = 0;
	char line[1024];

	for (size_t i = 0; i < num; i++) {
		symbols[i].address = 0;
		symbols[i].found = false;
		left += symbols[i].name ? 1 : 0;
	}
	while (left && fgets(line, sizeof(line), file))
		left -= take_line(symbols, num, line);
}

/* --- by a BPF program that asks the kernel --- */

/* Bytes of a name with its final 0; a multiple of 4. */
#define MAX_NAME 32
#define MAX_SYMBOLS 4
#define INSNS_PER_SYMBOL (MAX_NAME / 4 + 11)

/* Add instructions that look one name up and write its address to context[i]. */
static size_t add_lookup(struct bpf_insn *insns, const char *name, size_t i)
{
	struct bpf_insn *at = insns;
	char padded[MAX_NAME] = "";
	int32_t word;

	memcpy(padded, name, strnlen(name, MAX_NAME - 1));
	for (int off = 0; off < MAX_NAME; off += sizeof(word)) {
		memcpy(&word, padded + off, sizeof(word));
		*at++ = (struct bpf_insn){ .code = BPF_ST | BPF_W | BPF_MEM, .dst_reg = BPF_REG_10,
					   .off = off - MAX_NAME, .imm = word };
	}
#define MOV_IMM(reg, value) \
	(struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define STACK_ADDRESS(reg, value) \
	(struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (reg), .src_reg = BPF_REG_10 }, \
	(struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (reg), .imm = (value) }
	const struct bpf_insn lookup[] = {
		/* The address is 0 until it is found. */
		{ .code = BPF_ST | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_10, .off = -MAX_NAME - 8 },
		STACK_ADDRESS(BPF_REG_1, -MAX_NAME),
		MOV_IMM(BPF_REG_2, strnlen(name, MAX_NAME - 1) + 1),
		MOV_IMM(BPF_REG_3, 0),
		STACK_ADDRESS(BPF_REG_4, -MAX_NAME - 8),
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_kallsyms_lookup_name },
		{ .code = BPF_LDX | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10,
		  .off = -MAX_NAME - 8 },
		{ .code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1, .off = 8 * i },
	};

	memcpy(at, lookup, sizeof(lookup));
	return at - insns + sizeof(lookup) / sizeof(lookup[0]);
}

/* Use BPF's own lookup, since 5.16 (d6aef08a872b). False if the kernel has none or does not permit it. */
static bool ask_kernel(struct kallsym *symbols, size_t num)
{
	struct bpf_insn insns[MAX_SYMBOLS * INSNS_PER_SYMBOL + 3] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1 },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, load, .prog_flags = BPF_F_SLEEPABLE);
	LIBBPF_OPTS(bpf_test_run_opts, run);
	uint64_t addresses[MAX_SYMBOLS] = {};
	size_t len = 1;
	int prog, err;

	for (size_t i = 0; i < num; i++)
		if (symbols[i].name)
			len += add_lookup(&insns[len], symbols[i].name, i);
	insns[len++] = MOV_IMM(BPF_REG_0, 0);
	insns[len++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	prog = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "kallsyms", "GPL", insns, len, &load);
	if (prog < 0)
		return false;
	run.ctx_in = addresses;
	run.ctx_size_in = sizeof(addresses);
	err = bpf_prog_test_run_opts(prog, &run);
	close(prog);
	for (size_t i = 0; !err && i < num; i++)
		symbols[i].address = symbols[i].name ? addresses[i] : 0;
	return !err;
}

void kallsyms_find(struct kallsym *symbols, size_t num)
{
	static char buffer[64 * 1024];
	bool is_asked = false;
	FILE *file;

	for (size_t i = 0; i < num; i++)
		is_asked |= symbols[i].name != NULL;
	if (!is_asked || (num <= MAX_SYMBOLS && ask_kernel(symbols, num)))
		return;
	file = fopen("/proc/kallsyms", "re");
	if (!file)
		return;
	/* The default buffer would read 1,024 bytes at a time. */
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	kallsyms_find_in(file, symbols, num);
	fclose(file);
}
