/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User, capabilities, files (landlock(7)), system calls. See capabilities(7) and user_namespaces(7).
 */
#include "backends/tunnel/worker/sandbox.h"
#include "backends/tunnel/worker/seccomp.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NOBODY 65534u

/* <linux/landlock.h> of the oldest supported distribution ends before most of these. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif
#define LANDLOCK_VERSION 1u /* flag: ask for the ABI */

struct landlock_rules {
	uint64_t files, network, scopes;
};

/* What each version of landlock can deny; we deny all of it. */
static struct landlock_rules landlock_everything(int abi)
{
	static const unsigned file_rights[] = { 13, 14, 15, 15, 16 }; /* by ABI, from 1 on */
	unsigned rights = file_rights[abi > 5 ? 4 : abi - 1];

	return (struct landlock_rules){
		.files = ((uint64_t)1 << rights) - 1,
		.network = abi >= 4 ? 3 : 0, /* TCP: bind, connect */
		.scopes = abi >= 6 ? 3 : 0,  /* abstract unix sockets, signals */
	};
}

static size_t landlock_size(int abi)
{
	return sizeof(uint64_t) * (abi >= 6 ? 3 : abi >= 4 ? 2 : 1);
}

static int landlock_enter(struct worker_sandbox *ret, struct failure *failure)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION), fd, r;
	struct landlock_rules rules;

	if (abi < 1) {
		snprintf(ret->landlock, sizeof(ret->landlock), "off: not in this kernel");
		return 0;
	}
	rules = landlock_everything(abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, landlock_size(abi), 0);
	if (fd < 0)
		return failure_set_errno(failure, errno, "landlock");
	r = syscall(SYS_landlock_restrict_self, fd, 0) < 0 ? errno : 0;
	close(fd);
	if (r)
		return failure_set_errno(failure, r, "landlock");
	snprintf(ret->landlock, sizeof(ret->landlock), "on");
	return 0;
}

static int calls_restrict(struct worker_sandbox *ret, struct failure *failure)
{
	int r = seccomp_enter();

	if (r < 0 && r != -ENOSYS && r != -EINVAL)
		return failure_set_errno(failure, -r, "seccomp");
	snprintf(ret->seccomp, sizeof(ret->seccomp), "%s",
		 r == 0		? "on"
		 : r == -ENOSYS ? "off: not for this processor"
				: "off: not in this kernel");
	return 0;
}

static void limits_set(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
}

/* Where the user is not mapped, as in a user namespace of one user, we stay who we are. */
static bool user_change(void)
{
	if (geteuid() != 0)
		return false;
	(void)setgroups(0, NULL);
	return setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

static int capabilities_drop(struct failure *failure)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0)
		return failure_set_errno(failure, errno, "dropping capabilities");
	return 0;
}

/* A parent that went before we asked to be told has closed our control socket, which ends us, too. */
static int process_isolate(struct failure *failure)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return failure_set_errno(failure, errno, "prctl");
	return 0;
}

int sandbox_drop_privileges(struct failure *failure)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failure_set_errno(failure, errno, "no_new_privs");
	/* While we may: each of them for good. The kernel says which is the last. */
	for (int i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
		;
	(void)user_change();
	r = capabilities_drop(failure);
	/* A change of user forgets both. */
	return r < 0 ? r : process_isolate(failure);
}

static int sandbox_build(struct worker_sandbox *ret, struct failure *failure)
{
	int r;

	limits_set();
	r = sandbox_drop_privileges(failure);
	if (r == 0)
		r = landlock_enter(ret, failure);
	snprintf(ret->user, sizeof(ret->user), "%u", getuid());
	return r < 0 ? r : calls_restrict(ret, failure);
}

/* SANDBOX_OFF: the build does what the sandbox forbids, as sanitizers do, and says so. */
#ifdef SANDBOX_OFF
#define WORD(x) #x
#define TEXT(x) WORD(x)
int sandbox_enter(struct worker_sandbox *ret, struct failure *failure)
{
	(void)sandbox_build;
	(void)failure;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	snprintf(ret->user, sizeof(ret->user), "%u", getuid());
	snprintf(ret->seccomp, sizeof(ret->seccomp), "off: built for " TEXT(SANDBOX_OFF));
	snprintf(ret->landlock, sizeof(ret->landlock), "off: built for " TEXT(SANDBOX_OFF));
	return 0;
}
#else
int sandbox_enter(struct worker_sandbox *ret, struct failure *failure)
{
	return sandbox_build(ret, failure);
}
#endif
