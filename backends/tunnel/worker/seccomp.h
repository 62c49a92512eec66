/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls of the data plane: whatever is not in the list ends the process at once.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SECCOMP_H
#define BACKENDS_TUNNEL_WORKER_SECCOMP_H

/*
 * Bind this process, with all of its threads, to the list. 0; -ENOSYS: not for this processor; -errno of
 * seccomp(2) otherwise. There is no way back.
 */
int seccomp_enter(void);

#endif
