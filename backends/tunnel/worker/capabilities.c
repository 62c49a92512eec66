/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per capability that is kept, and why. See capabilities(7); in a user namespace they are those of that
 * namespace.
 */
#include "backends/tunnel/worker/capabilities.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define LOCKED_MEMORY	(64u * 1024 * 1024)
#define BIT(capability) ((uint64_t)1 << (capability))

static const uint64_t needed =
	BIT(CAP_NET_ADMIN) /* a TAP that belongs to another user; buffers beyond rmem_max */
	| BIT(CAP_NET_BIND_SERVICE) /* a port below 1024 */
	| BIT(CAP_DAC_READ_SEARCH)  /* a key file of root's below a directory of somebody else's */
	| BIT(CAP_SETUID)	    /* both children become nobody … */
	| BIT(CAP_SETGID)	    /* … */
	| BIT(CAP_SETPCAP)	    /* … and give up the way back to all of this, */
	| BIT(CAP_KILL);	    /* and one that does not answer is ended all the same */

/* A namespace of mounts in which /etc/resolv.conf is the one of /etc/netns. */
static const uint64_t needed_for_mounts = BIT(CAP_SYS_ADMIN);

static uint64_t both_halves(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

static int sets_limit(uint64_t kept, struct failure *failure)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	uint64_t permitted;

	if (syscall(SYS_capget, &header, sets) < 0)
		return failure_set_errno(failure, errno, "capabilities");
	permitted = kept & both_halves(sets[0].permitted, sets[1].permitted);
	for (int i = 0; i < 2; i++) {
		sets[i].permitted = sets[i].effective = (uint32_t)(permitted >> 32 * i);
		/* Of who is not root and got its own by inheriting them. */
		sets[i].inheritable &= (uint32_t)(kept >> 32 * i);
	}
	if (syscall(SYS_capset, &header, sets) < 0)
		return failure_set_errno(failure, errno, "giving up capabilities");
	return 0;
}

/* SANDBOX_OFF: sanitizers look at their own process by means that this would take away. */
int capabilities_limit(bool mounts, struct failure *failure)
{
#ifdef SANDBOX_OFF
	const uint64_t kept = UINT64_MAX;
#else
	const uint64_t kept = needed | (mounts ? needed_for_mounts : 0);
#endif

	(void)mounts;
	(void)needed;
	(void)needed_for_mounts;
	/* The kernel says which is the last. Who may not do this has nothing that execve(2) could give back. */
	for (int i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
		if (kept & BIT(i))
			continue;
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
		(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, i, 0, 0);
	}
	return sets_limit(kept, failure);
}

void capabilities_use_for_memory(void)
{
	const struct rlimit locked = { LOCKED_MEMORY, LOCKED_MEMORY };

	(void)setrlimit(RLIMIT_MEMLOCK, &locked);
}
