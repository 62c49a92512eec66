/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of nf_tables by netlink, on a socket that lives as long as the caller's question. */
#ifndef BACKENDS_NFT_QUERY_H
#define BACKENDS_NFT_QUERY_H

#include "backends/request.h"

/* A socket in the calling thread's network namespace, for request_close. -EOPNOTSUPP: this kernel has no netfilter. */
int query_open(struct nl_sock **ret, struct error *err);
/* A message of that type, NFT_MSG_GET*, to which attributes may be added. */
struct nl_msg *query_new(uint16_t type, uint8_t family);
/* -EOPNOTSUPP: this kernel has no nf_tables. */
int query_dump(struct nl_sock *socket, struct nl_msg *message, struct answer *ret,
	       struct error *err);

#endif
