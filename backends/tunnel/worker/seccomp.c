/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allow-list as a BPF program (seccomp(2)), one row per system call.
 *
 * Descriptors come from the supervisor: there is nothing here that opens, binds, makes or names anything.
 * Memory that is mapped can never be executed.
 */
#include "backends/tunnel/worker/seccomp.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define SECCOMP_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define SECCOMP_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef SECCOMP_ARCH

#define X32_BIT	 0x40000000u
#define ROW_MAX	 5  /* instructions */
#define FRAME	 10 /* those around the rows */
#define ARRAY(a) (sizeof(a) / sizeof((a)[0]))

/* Of one argument, where it matters: none of FORBIDDEN's bits may be set, or it must be this process. */
enum condition { ALWAYS, WITHOUT_BITS, OWN_PROCESS };

struct row {
	uint32_t call;
	enum condition condition;
	unsigned argument;
	uint32_t forbidden;
};

static const struct row rows[] = {
	/* Frames and datagrams; the most frequent first, for kernels without a cache of verdicts. */
	{ .call = SYS_read },
	{ .call = SYS_writev },
	{ .call = SYS_sendmmsg },
	{ .call = SYS_recvmmsg },
#ifdef SYS_epoll_wait
	{ .call = SYS_epoll_wait },
#endif
	{ .call = SYS_epoll_pwait },
	{ .call = SYS_sendmsg },
	{ .call = SYS_sendto },
	{ .call = SYS_recvmsg },
	{ .call = SYS_recvfrom },
	{ .call = SYS_write },
	{ .call = SYS_pread64 },
	{ .call = SYS_epoll_ctl },
	{ .call = SYS_close },
	/* A socket that is replaced is retired. One that is connected tells its path's MTU. */
	{ .call = SYS_getsockname },
	{ .call = SYS_getsockopt },
	{ .call = SYS_connect },
	/* Of IP alone, which is 0: what is too large for the path is cut. */
	{ .call = SYS_setsockopt, WITHOUT_BITS, 1, UINT32_MAX },
	/* Time and chance. */
	{ .call = SYS_clock_gettime },
	{ .call = SYS_gettimeofday },
	{ .call = SYS_timerfd_create },
	{ .call = SYS_timerfd_settime },
	{ .call = SYS_getrandom },
	/* Memory. */
	{ .call = SYS_brk },
	{ .call = SYS_mmap, WITHOUT_BITS, 2, PROT_EXEC },
	{ .call = SYS_mprotect, WITHOUT_BITS, 2, PROT_EXEC },
	{ .call = SYS_mremap },
	{ .call = SYS_munmap },
	{ .call = SYS_madvise },
	{ .call = SYS_mlock },
	{ .call = SYS_munlock },
	{ .call = SYS_futex },
	/* Signals and the end. abort(3) ends by its own signal. */
	{ .call = SYS_rt_sigreturn },
	{ .call = SYS_rt_sigprocmask },
	{ .call = SYS_rt_sigaction },
	{ .call = SYS_restart_syscall },
	{ .call = SYS_getpid },
	{ .call = SYS_gettid },
	{ .call = SYS_tgkill, OWN_PROCESS, 0, 0 },
	{ .call = SYS_exit },
	{ .call = SYS_exit_group },
};

/* The low half of an argument: both processors are little-endian. */
static uint32_t argument_offset(unsigned i)
{
	return (uint32_t)(offsetof(struct seccomp_data, args) + i * sizeof(uint64_t));
}

/* The accumulator has the number of the call before a row, and after one that does not match. */
static unsigned row_put(struct sock_filter *code, const struct row *row)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	uint32_t self = (uint32_t)getpid();

	if (row->condition == ALWAYS) {
		code[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, row->call, 0, 1);
		code[1] = allow;
		return 2;
	}
	code[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, row->call, 0, 4);
	code[1] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       argument_offset(row->argument));
	code[2] = row->condition == OWN_PROCESS
			  ? (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, self, 1, 0)
			  : (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, row->forbidden,
							 0, 1);
	code[3] = kill;
	code[4] = allow;
	return 5;
}

/* Calls of another processor or of x32 have other numbers: not one of them is looked up. */
static unsigned program_build(struct sock_filter *code)
{
	const struct sock_filter start[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	unsigned length = 0;

	for (; length < ARRAY(start); length++)
		code[length] = start[length];
	for (size_t i = 0; i < ARRAY(rows); i++)
		length += row_put(code + length, &rows[i]);
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	return length;
}

/*
 * SPEC_ALLOW is what Linux 5.16 and later do anyway; before, each filtered process pays for mitigations of
 * speculation that concern those who run foreign code.
 */
int seccomp_enter(void)
{
	struct sock_filter code[ARRAY(rows) * ROW_MAX + FRAME];
	struct sock_fprog program = { .len = (unsigned short)program_build(code), .filter = code };
	unsigned flags = SECCOMP_FILTER_FLAG_TSYNC;

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		    &program) == 0)
		return 0;
	/* Linux before 4.17 does not know the second flag. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0 ? 0 : -errno;
}

#else

int seccomp_enter(void)
{
	return -ENOSYS;
}

#endif
