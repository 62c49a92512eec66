/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Class address in the kernel. Ours are told by IFA_PROTO (Linux 5.18). */
#ifndef BACKENDS_RTNL_ADDRESS_H
#define BACKENDS_RTNL_ADDRESS_H

#include "backends/rtnl/seen.h"
#include "model/address.h"

/* An address as the kernel tells of it. */
struct address_message {
	uint32_t index; /* of its link */
	struct addr address;
	uint32_t flags;	  /* IFA_F_* */
	uint8_t protocol; /* 0: none */
	uint8_t scope;
};

/* False: no address of IPv4 or IPv6, or malformed. Pure. */
bool address_message_parse(struct address_message *ret, const struct nlmsghdr *message);

int address_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have,
		    struct error *err);

/*
 * n changes side by side. Waits once, at the end, for duplicate address detection of what was added where that is
 * not known to be needless; a duplicate is an error, and it and those after it are taken away again.
 */
int address_apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		  size_t *done, struct error *err);

#endif
