/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the user's files something was written. Plain data, copied freely; the file name is borrowed. */
#ifndef MODEL_POSITION_H
#define MODEL_POSITION_H

#include <stdint.h>

struct position {
	const char *file; /* as given by the user; NULL: not from a file */
	uint32_t line;	  /* from 1 */
	uint32_t column;  /* from 1, in bytes */
	uint32_t length;  /* bytes to underline; 0: one */
};

#endif
