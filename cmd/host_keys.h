/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file says about a host besides its objects: kept in what is printed, so that it says which host it is for. */
#ifndef CMD_HOST_KEYS_H
#define CMD_HOST_KEYS_H

#include "model/document.h"

/* Puts them first under hosts.<host> of an explicit tree; nothing where host is NULL. In arena. */
void host_keys_add(struct node *tree, const struct document *document, const char *host,
		   struct arena *arena);

#endif
