/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a foreign link was before a topology changed it, for those who ask about nothing else. */
#ifndef BACKENDS_FORMER_MTU_H
#define BACKENDS_FORMER_MTU_H

#include <stdint.h>

/* The MTU that a link of the host had before this topology set one; 0: it set none. topology may be NULL. */
uint32_t former_mtu(const char *topology, const char *link);

#endif
