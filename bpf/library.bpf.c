// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Hooks in TLS libraries (uprobes): which calls an application makes for a handshake, what they
 * return, and which errors the library raises. None is on the path of data. They read integers and
 * static strings of the library, and nothing else.
 *
 * An object of its own: it is loaded only if there is a library to hook, and a kernel that refuses it
 * still traces packets. It shares the maps of tracing.bpf.c.
 */
#include "library.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * bpf_get_attach_cookie() is there: 5.15 (7adfc6c9b315). The lower half of a cookie is the version of
 * the library, the upper half an enum library_symbol.
 */
const volatile bool has_cookies = false;

static __always_inline __u32 version_of(struct pt_regs *ctx)
{
	return has_cookies ? bpf_get_attach_cookie(ctx) : 0;
}

/* What a session is used for, as far as it tells. */
enum session_kind {
	SESSION_UNKNOWN,
	SESSION_DTLS,
	SESSION_OTHER,		/* TLS over TCP, QUIC */
};

/* At the entry of a function, the stack pointer that it leaves to its caller. */
static __always_inline __u64 stack_after(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	return PT_REGS_SP(ctx) + sizeof(long);	/* it pops the return address */
#else
	return PT_REGS_SP(ctx);
#endif
}

/* Does the current process match the filters on processes and namespaces? */
static __always_inline bool library_is_wanted(void)
{
	const struct task_struct *task = (void *)bpf_get_current_task();

	if (filter_netns && BPF_CORE_READ(task, nsproxy, net_ns, ns.inum) != filter_netns)
		return false;
	return !filter_by_owner || task_is_wanted((__u64)task);
}

/*
 * A function of one library calls others of it. Only the outermost call counts. The other one may be
 * a call that never returned (longjmp), or one on another stack: then this one takes its place.
 */
static __always_inline bool is_nested(const struct thread_state *thread, __u64 object, __u64 stack)
{
	return thread->call && thread->object == object && stack < thread->stack;
}

/* A call begins. `what`: the enum event_library_name, event_library_call << 8, session_kind << 16. */
#define CALL_IS(library, call, kind) ((library) | (call) << 8 | (__u32)(kind) << 16)
__noinline int call_begins(__u64 object, __u64 stack, __u64 timer_at, __u32 what, __u32 version)
{
	__u64 key = thread_key(), now = bpf_ktime_get_ns();
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &key);
	__u32 kind = what >> 16;

	if (kind == SESSION_OTHER) {
		if (thread)
			thread->other_ns = now;
		return 0;
	}
	if (!library_is_wanted())
		return 0;
	thread = thread_get(key);
	if (!thread || is_nested(thread, object, stack))
		return 0;
	thread->object = object;
	thread->stack = stack;
	thread->timer_at = timer_at;
	thread->timer_ns = 0;
	thread->version = version;
	thread->library = what;
	thread->call = what >> 8;
	thread->is_told = 0;
	thread->raised = 0;
	if (kind != SESSION_DTLS && (!thread->spoke_ns || now - thread->spoke_ns > THREAD_SPEAKS_NS))
		return 0;
	if (!library_take(&thread->spent, 2, now)) {
		thread->call = 0;
		return 0;
	}
	thread->is_told = 1;
	library_tell(key, LIBRARY_ENTERED, 0);
	return 0;
}

/* How long the timer still runs, ns; LIBRARY_NO_TIMER: none runs. `result`: what the library returned. */
static __always_inline __u64 timer_left(const struct thread_state *thread, __s32 result)
{
	long left[2] = {};	/* struct timeval */

	switch (thread->library) {
	case LIBRARY_OPENSSL:
		if (result != 1 || !thread->timer_at ||
		    bpf_probe_read_user(left, sizeof(left), (void *)thread->timer_at))
			return LIBRARY_NO_TIMER;
		return (__u64)left[0] * 1000000000ULL + (__u64)left[1] * 1000;
	case LIBRARY_GNUTLS:	/* milliseconds */
		return (__u64)(__u32)result * 1000000ULL;
	case LIBRARY_WOLFSSL:	/* seconds: how long it runs in all */
		return (__u64)(__u32)result * 1000000000ULL;
	}
	return LIBRARY_NO_TIMER;
}

/* Read a static string of the library, its last bytes if it is longer. Empty if it cannot be read. */
#define TEXT_PARTS 4
static __always_inline void read_text(char *to, __u64 address)
{
	__u32 len = 0;
	long num;

	if (!address)
		return;
	for (int i = 0; i < TEXT_PARTS; i++) {
		num = bpf_probe_read_user_str(to, LIBRARY_TEXT_LEN, (void *)(address + len));
		if (num <= 0)
			goto unreadable;
		len += num - 1;
		if (num < LIBRARY_TEXT_LEN)
			break;
	}
	if (len < LIBRARY_TEXT_LEN)
		return;
	if (!bpf_probe_read_user(to, LIBRARY_TEXT_LEN, (void *)(address + len - LIBRARY_TEXT_LEN)))
		return;
unreadable:
	__builtin_memset(to, 0, LIBRARY_TEXT_LEN);
}

/* Is the error that this thread raises one of a DTLS session, as far as can be known? */
static __always_inline bool error_is_wanted(const struct thread_state *thread, __u64 now)
{
	if (thread->call)
		return thread->is_told;
	return thread->spoke_ns && now - thread->spoke_ns <= THREAD_ERROR_NS &&
	       (!thread->other_ns || now - thread->other_ns > THREAD_SPEAKS_NS);
}

/* An error is raised. file, function and line are in the state of the thread. `function`: its number, where it has one. */
__noinline int error_raised(__u32 library, __u32 area, __u32 reason, __u32 version, __u32 function)
{
	__u64 key = thread_key(), now = bpf_ktime_get_ns();
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &key);
	struct event_library *lib;
	struct event *ev;

	if (!thread || !error_is_wanted(thread, now) || !library_take(&thread->errors_spent, 1, now))
		return 0;
	ev = library_reserve(&lib);
	if (!ev)
		return 0;
	lib->library = library;
	lib->call = LIBRARY_ERROR;
	lib->object = thread->call ? thread->object : 0;
	lib->area = area;
	lib->reason = reason;
	lib->result = function;
	lib->version = version;
	lib->line = thread->line;
	read_text(lib->file, thread->file);
	read_text(lib->function, thread->function);
	thread->file = thread->function = thread->line = 0;
	emit_submit(ev);
	return 0;
}

/*
 * wolfSSL raises an error again in each function that it passes on its way out of the library, and in the same way that a call
 * would block. So the return of the call tells which one it was: the latest. Where it was raised first is where it is from.
 */
static __always_inline int wolfssl_raises(__s32 error, __u64 file, __u32 line, __u64 function)
{
	__u64 key = thread_key();
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &key);

	/* A positive one is the alert of the peer, of which an error tells next. */
	if (!thread || !thread->call || thread->library != LIBRARY_WOLFSSL || error >= 0 || thread->raised == error)
		return 0;
	thread->raised = error;
	thread->file = file;
	thread->line = line;
	thread->function = function;
	return 0;
}

/* WANT_READ and WANT_WRITE (wolfssl/error-ssl.h), WC_PENDING_E: the call wants to be called again. */
static __always_inline bool asks_again(__s32 raised)
{
	return raised == -323 || raised == -327 || raised == -108;
}

/* A function returned; `stack` is the stack pointer now. */
__noinline int call_ends(__u64 stack, __s32 result)
{
	__u64 key = thread_key();
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &key);

	if (!thread || !thread->call || thread->stack != stack)
		return 0;
	if (thread->call == LIBRARY_TIMER_ASKED)
		thread->timer_ns = timer_left(thread, result);
	if (thread->is_told && result < 0 && thread->raised && !asks_again(thread->raised))
		error_raised(thread->library, 0, thread->raised, thread->version, 0);
	if (thread->is_told)
		library_tell(key, LIBRARY_RETURNED, result);
	thread->call = 0;
	return 0;
}

/* Something that is no call: `what` as in CALL_IS(). */
__noinline int told_once(__u64 object, __u32 what, __u32 reason, __u32 version)
{
	__u64 key = thread_key(), now = bpf_ktime_get_ns();
	__u32 kind = what >> 16;
	struct event_library *lib;
	struct thread_state *thread;
	struct event *ev;

	if (kind == SESSION_OTHER || !library_is_wanted())
		return 0;
	thread = kind == SESSION_DTLS ? thread_get(key) : bpf_map_lookup_elem(&threads, &key);
	if (!thread || (kind != SESSION_DTLS && (!thread->spoke_ns || now - thread->spoke_ns > THREAD_SPEAKS_NS)))
		return 0;
	if (!library_take(&thread->errors_spent, 1, now))
		return 0;
	ev = library_reserve(&lib);
	if (!ev)
		return 0;
	lib->library = what;
	lib->call = what >> 8;
	lib->object = object;
	lib->reason = reason;
	lib->version = version;
	emit_submit(ev);
	return 0;
}

/* --- OpenSSL --- */

#define OPENSSL_GET_TIMEOUT 73		/* DTLS_CTRL_GET_TIMEOUT, include/openssl/ssl.h */
#define OPENSSL_HANDLE_TIMEOUT 74	/* DTLS_CTRL_HANDLE_TIMEOUT */
/*
 * ERR_LIB_SSL, include/openssl/err.h. Whatever ends a handshake is raised there (SSLfatal()). Other areas also raise errors
 * in healthy handshakes, which are forgotten again (ERR_pop_to_mark()): up to twenty in each.
 */
#define OPENSSL_SSL_AREA 20
/* struct ssl_st begins with a kind that is 0 for TLS and DTLS, from 3.2 on; its third pointer is the SSL_METHOD. */
#define OPENSSL_METHOD_AT 24

static __always_inline enum session_kind openssl_version_kind(__u32 version)
{
	switch (version) {
	case 0xfeff:	/* DTLS1_VERSION */
	case 0xfefd:
	case 0xfefc:
	case 0x1ffff:	/* DTLS_ANY_VERSION */
	case 0x100:	/* DTLS1_BAD_VER */
		return SESSION_DTLS;
	case 0x300 ... 0x304:
	case 0x10000:	/* TLS_ANY_VERSION */
		return SESSION_OTHER;
	}
	return SESSION_UNKNOWN;
}

/*
 * Does this SSL do DTLS? Up to OpenSSL 3.1 and in LibreSSL, the object begins with its version; from
 * 3.2 on with its kind, and its method begins with a version.
 */
__noinline int openssl_kind(__u64 ssl)
{
	__u32 first = ~0U;
	__u64 method = 0;

	bpf_probe_read_user(&first, sizeof(first), (void *)ssl);
	if (first)
		return openssl_version_kind(first);
	first = ~0U;
	if (bpf_probe_read_user(&method, sizeof(method), (void *)(ssl + OPENSSL_METHOD_AT)) ||
	    bpf_probe_read_user(&first, sizeof(first), (void *)method))
		return SESSION_UNKNOWN;
	return openssl_version_kind(first);
}

/* --- what each function means; see library_table.h --- */

#define BODY(function) static __always_inline int on_##function(struct pt_regs *ctx)

static __always_inline int begins(struct pt_regs *ctx, __u64 timer_at, __u32 what)
{
	return call_begins(PT_REGS_PARM1(ctx), stack_after(ctx), timer_at, what, version_of(ctx));
}

/* A handshake goes on, and a session ends, where only the thread tells whether it is of DTLS. */
static __always_inline int goes_on(struct pt_regs *ctx, __u32 library)
{
	return begins(ctx, 0, CALL_IS(library, LIBRARY_HANDSHAKE, SESSION_UNKNOWN));
}

static __always_inline int is_freed(struct pt_regs *ctx, __u32 library)
{
	return told_once(PT_REGS_PARM1(ctx), CALL_IS(library, LIBRARY_FREED, SESSION_UNKNOWN), 0, version_of(ctx));
}

/* SSL_connect() and SSL_accept() do nothing but call this one, in every version since 1.1.0. */
BODY(SSL_do_handshake)
{
	return begins(ctx, 0, CALL_IS(LIBRARY_OPENSSL, LIBRARY_HANDSHAKE, openssl_kind(PT_REGS_PARM1(ctx))));
}

BODY(DTLSv1_listen)
{
	return begins(ctx, 0, CALL_IS(LIBRARY_OPENSSL, LIBRARY_LISTEN, SESSION_DTLS));
}

/* DTLSv1_get_timeout() and DTLSv1_handle_timeout() are macros for this one. */
BODY(SSL_ctrl)
{
	int command = PT_REGS_PARM2(ctx);

	if (command == OPENSSL_GET_TIMEOUT)
		return begins(ctx, PT_REGS_PARM4(ctx),
			      CALL_IS(LIBRARY_OPENSSL, LIBRARY_TIMER_ASKED, openssl_kind(PT_REGS_PARM1(ctx))));
	if (command == OPENSSL_HANDLE_TIMEOUT)
		return begins(ctx, 0, CALL_IS(LIBRARY_OPENSSL, LIBRARY_TIMER_HANDLED, openssl_kind(PT_REGS_PARM1(ctx))));
	return 0;
}

BODY(SSL_free)
{
	__u64 ssl = PT_REGS_PARM1(ctx);

	return ssl ? told_once(ssl, CALL_IS(LIBRARY_OPENSSL, LIBRARY_FREED, openssl_kind(ssl)), 0, version_of(ctx)) : 0;
}

static __always_inline struct thread_state *current_thread(void)
{
	__u64 key = thread_key();

	return bpf_map_lookup_elem(&threads, &key);
}

/* OpenSSL 3: where the next error of ERR_set_error() or ERR_vset_error() is. */
BODY(ERR_set_debug)
{
	struct thread_state *thread = current_thread();

	if (!thread)
		return 0;
	thread->file = PT_REGS_PARM1(ctx);
	thread->line = PT_REGS_PARM2(ctx);
	thread->function = PT_REGS_PARM3(ctx);
	return 0;
}

BODY(ERR_vset_error)
{
	__u32 area = PT_REGS_PARM1(ctx);

	return area == OPENSSL_SSL_AREA ? error_raised(LIBRARY_OPENSSL, area, PT_REGS_PARM2(ctx), version_of(ctx), 0) : 0;
}

/* OpenSSL 1.1.1. The function, the second argument, is a number there. */
BODY(ERR_put_error)
{
	__u32 area = PT_REGS_PARM1(ctx);
	struct thread_state *thread;

	if (area != OPENSSL_SSL_AREA)
		return 0;
	thread = current_thread();
	if (!thread)
		return 0;
	thread->file = PT_REGS_PARM4(ctx);
	thread->line = PT_REGS_PARM5(ctx);
	thread->function = 0;
	return error_raised(LIBRARY_OPENSSL, area, PT_REGS_PARM3(ctx), version_of(ctx), PT_REGS_PARM2(ctx));
}

BODY(gnutls_handshake)
{
	return goes_on(ctx, LIBRARY_GNUTLS);
}

BODY(gnutls_dtls_get_timeout)
{
	return begins(ctx, 0, CALL_IS(LIBRARY_GNUTLS, LIBRARY_TIMER_ASKED, SESSION_DTLS));
}

BODY(gnutls_alert_send)
{
	return told_once(PT_REGS_PARM1(ctx), CALL_IS(LIBRARY_GNUTLS, LIBRARY_ALERT_SENT, SESSION_UNKNOWN), PT_REGS_PARM3(ctx),
			 version_of(ctx));
}

BODY(gnutls_deinit)
{
	return is_freed(ctx, LIBRARY_GNUTLS);
}

BODY(mbedtls_ssl_handshake)
{
	return goes_on(ctx, LIBRARY_MBEDTLS);
}

BODY(mbedtls_ssl_handshake_step)
{
	return on_mbedtls_ssl_handshake(ctx);
}

BODY(mbedtls_ssl_free)
{
	return is_freed(ctx, LIBRARY_MBEDTLS);
}

BODY(wolfSSL_connect)
{
	return goes_on(ctx, LIBRARY_WOLFSSL);
}

BODY(wolfSSL_accept)
{
	return on_wolfSSL_connect(ctx);
}

BODY(wolfSSL_negotiate)
{
	return on_wolfSSL_connect(ctx);
}

BODY(wolfSSL_dtls_get_current_timeout)
{
	return begins(ctx, 0, CALL_IS(LIBRARY_WOLFSSL, LIBRARY_TIMER_ASKED, SESSION_DTLS));
}

BODY(wolfSSL_dtls_got_timeout)
{
	return begins(ctx, 0, CALL_IS(LIBRARY_WOLFSSL, LIBRARY_TIMER_HANDLED, SESSION_DTLS));
}

/* In a wolfSSL with a queue of errors. */
BODY(WOLFSSL_ERROR_LINE)
{
	return wolfssl_raises(PT_REGS_PARM1(ctx), PT_REGS_PARM4(ctx), PT_REGS_PARM3(ctx), PT_REGS_PARM2(ctx));
}

/* In one without, if it can log. */
BODY(WOLFSSL_ERROR)
{
	return wolfssl_raises(PT_REGS_PARM1(ctx), 0, 0, 0);
}

BODY(wolfSSL_free)
{
	return is_freed(ctx, LIBRARY_WOLFSSL);
}

/*
 * NSS has no function for its errors that is called for these alone: a handshake of Firefox calls PORT_SetError() 2,600 times, and
 * PR_SetError() also tells each read that finds nothing.
 */
BODY(SSL_ForceHandshake)
{
	return goes_on(ctx, LIBRARY_NSS);
}

/* --- programs --- */

/* A program for each function, for kernels whose uprobes are attached one by one. */
#define SYMBOL(function, ...) \
	SEC("uprobe") \
	int enter_##function(struct pt_regs *ctx) \
	{ \
		on_##function(ctx); \
		return 0; \
	}
#include "library_table.h"

enum library_symbol {
#define SYMBOL(function, ...) LIBRARY_SYMBOL_##function,
#include "library_table.h"
};

/*
 * One program for all of them, where one link attaches it to many functions of a file (uprobe_multi).
 * To detach a link takes tens of milliseconds, whatever it is attached to.
 */
SEC("uprobe")
int enter_any(struct pt_regs *ctx)
{
	switch (bpf_get_attach_cookie(ctx) >> 32) {
#define SYMBOL(function, ...) \
	case LIBRARY_SYMBOL_##function: \
		on_##function(ctx); \
		break;
#include "library_table.h"
	}
	return 0;
}

/* All returns are alike: the stack pointer tells which call it was. */
SEC("uretprobe")
int leave_any(struct pt_regs *ctx)
{
	call_ends(PT_REGS_SP(ctx), PT_REGS_RC(ctx));
	return 0;
}
