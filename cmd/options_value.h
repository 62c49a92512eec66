/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the words of the command line into struct options; for options.c alone. */
#ifndef CMD_OPTIONS_VALUE_H
#define CMD_OPTIONS_VALUE_H

#include "cmd/options.h"

/* Takes the value of an option that has one. Returns NULL, or what was expected. value is borrowed. */
const char *option_set(struct options *options, enum option_bit bit, const char *value);
/* Notes an option without a value. */
void option_set_flag(struct options *options, enum option_bit bit);

/* Makes the list one longer; in arena. */
void option_append(struct arena *arena, const char ***list, size_t *n, const char *value);
/* origin: "--var", or the variable of the environment. name is copied, the rest borrowed. */
void option_add_variable(struct options *options, const char *name, size_t length,
			 const char *value, const char *origin);

#endif
