/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump of NFT_MSG_GETTABLE (linux/netfilter/nf_tables.h), on a socket of its own that lives as long as the call. */
#include "backends/nft/tables.h"

#include "backends/nft/query.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define COMMENT_MAX 128
#define USERDATA_COMMENT                                                                           \
	0 /* libnftnl's NFTNL_UDATA_TABLE_COMMENT: type, length, text with its NUL */

/* The comment among a table's user data, a sequence of (type, length, value) of one byte each and length bytes. */
static void read_comment(char ret[COMMENT_MAX + 1], const struct nlattr *attr)
{
	const uint8_t *data = attr ? nla_data(attr) : NULL;
	size_t left = attr ? (size_t)nla_len(attr) : 0;

	ret[0] = '\0';
	while (left >= 2 && left - 2 >= data[1]) {
		if (data[0] == USERDATA_COMMENT && data[1] <= COMMENT_MAX) {
			memcpy(ret, data + 2, data[1]);
			ret[data[1]] = '\0';
		}
		left -= 2U + data[1];
		data += 2 + data[1];
	}
}

/* All of a type on a socket of its own. */
static int dump(uint16_t type, uint8_t family, struct answer *ret, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = query_new(type, family);
	struct nl_sock *socket = NULL;
	int r = query_open(&socket, err);

	if (r == 0)
		r = query_dump(socket, message, ret, err);
	request_close(socket);
	return r;
}

int tables_read(void (*each)(void *data, const char *name, const char *comment), void *data,
		struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[NFTA_TABLE_MAX + 1];
	const struct nlmsghdr *message;
	char comment[COMMENT_MAX + 1];
	int r = dump(NFT_MSG_GETTABLE, NFPROTO_INET, &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		if (!message_parse(message, sizeof(struct nfgenmsg), table, NFTA_TABLE_MAX) ||
		    !attr_text(table[NFTA_TABLE_NAME]))
			continue;
		read_comment(comment, table[NFTA_TABLE_USERDATA]);
		each(data, attr_text(table[NFTA_TABLE_NAME]), comment);
	}
	return 0;
}

static bool translates(const struct nlattr *const *chain)
{
	return chain[NFTA_CHAIN_HOOK] && chain[NFTA_CHAIN_TYPE] &&
	       strcmp(attr_text(chain[NFTA_CHAIN_TYPE]), "nat") == 0;
}

static bool forwards(const struct nlattr *const *chain)
{
	const struct nlattr *hook[NFTA_HOOK_MAX + 1];

	return chain[NFTA_CHAIN_HOOK] &&
	       attr_parse_nested(chain[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX) &&
	       hook[NFTA_HOOK_HOOKNUM] &&
	       ntohl(attr_u32(hook[NFTA_HOOK_HOOKNUM])) == NF_INET_FORWARD;
}

int tables_read_routers(void (*each)(void *data, const struct table_chain *chain), void *data,
			struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *chain[NFTA_CHAIN_MAX + 1];
	const struct nlmsghdr *message;
	int r = dump(NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct nfgenmsg *header = message_header(message);

		if (!message_parse(message, sizeof(*header), chain, NFTA_CHAIN_MAX) ||
		    !chain[NFTA_CHAIN_TABLE] || !chain[NFTA_CHAIN_NAME] ||
		    !(translates(chain) || forwards(chain)))
			continue;
		each(data, &(const struct table_chain){
				   .family = header->nfgen_family,
				   .table = attr_text(chain[NFTA_CHAIN_TABLE]),
				   .name = attr_text(chain[NFTA_CHAIN_NAME]),
				   .translates = translates(chain),
			   });
	}
	return 0;
}
