/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the state before an apply. */
#ifndef CMD_ROLLBACK_H
#define CMD_ROLLBACK_H

/* In the place of a topology: nothing of this one was there. */
#define ROLLBACK_TO_NOTHING "# nothing\n"

#endif
