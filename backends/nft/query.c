/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/nft/query.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

int query_open(struct nl_sock **ret, struct error *err)
{
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket)
		return error_set(err, ENOMEM, "out of memory");
	if (nl_connect(socket, NETLINK_NETFILTER) < 0) {
		nl_socket_free(socket);
		return error_set(err, EOPNOTSUPP, "this kernel has no netfilter netlink");
	}
	*ret = socket;
	return 0;
}

struct nl_msg *query_new(uint16_t type, uint8_t family)
{
	const struct nfgenmsg header = { .nfgen_family = family };

	return request_new((uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type), 0, &header,
			   sizeof(header));
}

int query_dump(struct nl_sock *socket, struct nl_msg *message, struct answer *ret,
	       struct error *err)
{
	int r = request_dump(socket, message, ret, err);

	if (r == -EINVAL) /* nfnetlink's answer for a subsystem that it does not have */
		return error_set(err, EOPNOTSUPP, "this kernel has no nf_tables");
	return r < 0 ? error_add_context(err, "nf_tables") : 0;
}
