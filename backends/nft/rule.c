/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which register holds what is followed through the expressions. What an expression that is not known here does to them
 * is not known either: all are forgotten, and what is compared with one then never matches.
 */
#include "backends/nft/rule.h"

#include "backends/extension.h"
#include "model/text.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#define REGISTERS 16 /* of 32 bits */

struct decoder {
	const struct rule_reader *reader;
	struct rule *rule;
	struct rule_condition registers[REGISTERS]; /* subject, offset, mask */
	uint8_t family;				    /* NFPROTO_*: of the network header */
};

/* ---- registers ---- */

/* Four of the old ones are sixteen of the new. NULL: the verdict's, or none. */
static struct rule_condition *at_register(struct decoder *decoder, const struct nlattr *attr)
{
	uint32_t number = attr ? ntohl(attr_u32(attr)) : 0;

	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		return &decoder->registers[(number - NFT_REG_1) * 4];
	if (number >= NFT_REG32_00 && number < NFT_REG32_00 + REGISTERS)
		return &decoder->registers[number - NFT_REG32_00];
	return NULL;
}

static void load(struct decoder *decoder, const struct nlattr *attr, enum rule_subject subject,
		 uint32_t offset)
{
	struct rule_condition *at = at_register(decoder, attr);

	if (at)
		*at = (struct rule_condition){ .subject = subject, .offset = (uint8_t)offset };
}

static struct rule_condition *add_condition(struct decoder *decoder,
					    const struct rule_condition *from)
{
	struct rule_condition *condition = list_append(
		&decoder->rule->conditions, &record_rule_condition, decoder->reader->arena);

	if (from)
		*condition = *from;
	return condition;
}

/* ---- values ---- */

/* False: longer than anything that is compared here. */
static bool take_data(uint8_t ret[RULE_DATA_MAX], uint8_t *length, const struct nlattr *nest)
{
	const struct nlattr *data[NFTA_DATA_MAX + 1];

	attr_parse_nested(nest, data, NFTA_DATA_MAX);
	if (!data[NFTA_DATA_VALUE] || nla_len(data[NFTA_DATA_VALUE]) > RULE_DATA_MAX)
		return false;
	*length = (uint8_t)nla_len(data[NFTA_DATA_VALUE]);
	memset(ret, 0, RULE_DATA_MAX);
	memcpy(ret, nla_data(data[NFTA_DATA_VALUE]), *length);
	return true;
}

struct rule_outcome rule_read_verdict(const struct nlattr *nest, struct arena *arena)
{
	const struct nlattr *data[NFTA_DATA_MAX + 1], *verdict[NFTA_VERDICT_MAX + 1];
	struct rule_outcome outcome = { VERDICT_NONE, NULL };

	attr_parse_nested(nest, data, NFTA_DATA_MAX);
	attr_parse_nested(data[NFTA_DATA_VERDICT], verdict, NFTA_VERDICT_MAX);
	if (!verdict[NFTA_VERDICT_CODE])
		return outcome;
	if (verdict[NFTA_VERDICT_CHAIN])
		outcome.chain = arena_strdup(arena, attr_text(verdict[NFTA_VERDICT_CHAIN]));
	switch ((int32_t)ntohl(attr_u32(verdict[NFTA_VERDICT_CODE]))) {
	case NF_DROP:
		outcome.verdict = VERDICT_DROP;
		break;
	case NF_ACCEPT:
	case NF_QUEUE: /* a program decides */
		outcome.verdict = VERDICT_ACCEPT;
		break;
	case NFT_JUMP:
		outcome.verdict = VERDICT_JUMP;
		break;
	case NFT_GOTO:
		outcome.verdict = VERDICT_GOTO;
		break;
	case NFT_RETURN:
		outcome.verdict = VERDICT_RETURN;
		break;
	}
	return outcome;
}

/* ---- expressions ---- */

static void read_meta(struct decoder *decoder, const struct nlattr *data)
{
	static const struct {
		uint32_t key;
		enum rule_subject subject;
	} keys[] = {
		{ NFT_META_IIFNAME, SUBJECT_IN },     { NFT_META_OIFNAME, SUBJECT_OUT },
		{ NFT_META_IIF, SUBJECT_IN_INDEX },   { NFT_META_OIF, SUBJECT_OUT_INDEX },
		{ NFT_META_NFPROTO, SUBJECT_FAMILY },
	};
	const struct nlattr *table[NFTA_META_MAX + 1];
	enum rule_subject subject = SUBJECT_UNKNOWN;
	size_t i;

	attr_parse_nested(data, table, NFTA_META_MAX);
	for (i = 0; table[NFTA_META_KEY] && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ntohl(attr_u32(table[NFTA_META_KEY])) == keys[i].key)
			subject = keys[i].subject;
	load(decoder, table[NFTA_META_DREG], subject, 0);
}

static void read_ct(struct decoder *decoder, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_CT_MAX + 1];
	uint32_t key;

	attr_parse_nested(data, table, NFTA_CT_MAX);
	key = ntohl(attr_u32(table[NFTA_CT_KEY]));
	load(decoder, table[NFTA_CT_DREG],
	     key == NFT_CT_STATE    ? SUBJECT_STATE
	     : key == NFT_CT_STATUS ? SUBJECT_STATUS
				    : SUBJECT_UNKNOWN,
	     0);
}

/* Addresses in the header of IPv4 or IPv6; anything else of a packet is not known. */
static void read_payload(struct decoder *decoder, const struct nlattr *data)
{
	bool six = decoder->family == NFPROTO_IPV6;
	uint32_t source = six ? 8 : 12, size = six ? 16 : 4, offset, length;
	const struct nlattr *table[NFTA_PAYLOAD_MAX + 1];
	enum rule_subject subject = SUBJECT_UNKNOWN;
	bool known;

	attr_parse_nested(data, table, NFTA_PAYLOAD_MAX);
	offset = ntohl(attr_u32(table[NFTA_PAYLOAD_OFFSET]));
	length = ntohl(attr_u32(table[NFTA_PAYLOAD_LEN]));
	known = (six || decoder->family == NFPROTO_IPV4) &&
		ntohl(attr_u32(table[NFTA_PAYLOAD_BASE])) == NFT_PAYLOAD_NETWORK_HEADER &&
		offset >= source && length <= size;
	if (known && offset + length <= source + size)
		subject = SUBJECT_SOURCE;
	else if (known && offset >= source + size && offset + length <= source + 2 * size)
		subject = SUBJECT_DESTINATION;
	load(decoder, table[NFTA_PAYLOAD_DREG], subject, (offset - source) % size);
}

static void read_bitwise(struct decoder *decoder, const struct nlattr *data)
{
	static const uint8_t zeros[RULE_DATA_MAX];
	const struct nlattr *table[NFTA_BITWISE_MAX + 1];
	struct rule_condition *from, *to, value = { 0 };
	uint8_t flip[RULE_DATA_MAX], length;

	attr_parse_nested(data, table, NFTA_BITWISE_MAX);
	from = at_register(decoder, table[NFTA_BITWISE_SREG]);
	to = at_register(decoder, table[NFTA_BITWISE_DREG]);
	if (!to)
		return;
	if (from && !from->is_masked && take_data(value.mask, &length, table[NFTA_BITWISE_MASK]) &&
	    take_data(flip, &length, table[NFTA_BITWISE_XOR]) &&
	    memcmp(flip, zeros, sizeof(flip)) == 0) {
		value.subject = from->subject;
		value.offset = from->offset;
		value.is_masked = true;
	}
	*to = value;
}

static void read_cmp(struct decoder *decoder, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_CMP_MAX + 1];
	struct rule_condition *condition;
	uint32_t relation;

	attr_parse_nested(data, table, NFTA_CMP_MAX);
	relation = ntohl(attr_u32(table[NFTA_CMP_OP]));
	condition = add_condition(decoder, at_register(decoder, table[NFTA_CMP_SREG]));
	condition->is_negated = relation == NFT_CMP_NEQ;
	if (relation > NFT_CMP_NEQ ||
	    !take_data(condition->data, &condition->length, table[NFTA_CMP_DATA]))
		condition->subject = SUBJECT_UNKNOWN;
	if (condition->subject == SUBJECT_FAMILY && !condition->is_negated)
		decoder->family = condition->data[0];
}

static void read_lookup(struct decoder *decoder, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_LOOKUP_MAX + 1];
	struct rule_condition lookup = { .is_lookup = true }, *from;
	const struct rule_reader *reader = decoder->reader;

	attr_parse_nested(data, table, NFTA_LOOKUP_MAX);
	from = at_register(decoder, table[NFTA_LOOKUP_SREG]);
	if (from)
		lookup = *from;
	lookup.is_lookup = true;
	lookup.is_negated = ntohl(attr_u32(table[NFTA_LOOKUP_FLAGS])) & NFT_LOOKUP_F_INV;
	/* Sets of addresses may be huge, and seldom hold exactly ours. */
	if (lookup.subject == SUBJECT_SOURCE || lookup.subject == SUBJECT_DESTINATION ||
	    !attr_text(table[NFTA_LOOKUP_SET]) ||
	    !reader->elements(reader->data, attr_text(table[NFTA_LOOKUP_SET]), &lookup.elements))
		lookup.subject = SUBJECT_UNKNOWN;
	lookup.length = lookup.subject == SUBJECT_IN || lookup.subject == SUBJECT_OUT ? 16
			: lookup.subject == SUBJECT_FAMILY			      ? 1
										      : 4;
	if (table[NFTA_LOOKUP_DREG])
		decoder->rule->map = arena_memdup(reader->arena, &lookup, sizeof(lookup));
	else
		add_condition(decoder, &lookup);
}

static void read_immediate(struct decoder *decoder, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_IMMEDIATE_MAX + 1];

	attr_parse_nested(data, table, NFTA_IMMEDIATE_MAX);
	if (ntohl(attr_u32(table[NFTA_IMMEDIATE_DREG])) != NFT_REG_VERDICT)
		load(decoder, table[NFTA_IMMEDIATE_DREG], SUBJECT_UNKNOWN, 0);
	else
		decoder->rule->outcome =
			rule_read_verdict(table[NFTA_IMMEDIATE_DATA], decoder->reader->arena);
}

/* ---- what iptables brings with it ---- */

static void read_match(struct decoder *decoder, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_MATCH_MAX + 1], *info;

	attr_parse_nested(data, table, NFTA_MATCH_MAX);
	info = table[NFTA_MATCH_INFO];
	extension_add_match(decoder->rule,
			    &(struct extension){ .name = attr_text(table[NFTA_MATCH_NAME]),
						 .revision = ntohl(attr_u32(table[NFTA_MATCH_REV])),
						 .info = info ? nla_data(info) : NULL,
						 .size = info ? (size_t)nla_len(info) : 0 },
			    decoder->reader->arena);
}

static void read_target(struct decoder *decoder, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_TARGET_MAX + 1];
	enum rule_verdict verdict;

	attr_parse_nested(data, table, NFTA_TARGET_MAX);
	verdict = extension_verdict(attr_text(table[NFTA_TARGET_NAME]));
	if (verdict != VERDICT_NONE)
		decoder->rule->outcome.verdict = verdict;
}

/* ---- the rule ---- */

static void read_reject(struct decoder *decoder, const struct nlattr *data)
{
	(void)data;
	decoder->rule->outcome.verdict = VERDICT_REJECT;
}

static void read_queue(struct decoder *decoder, const struct nlattr *data)
{
	(void)data;
	decoder->rule->outcome.verdict = VERDICT_ACCEPT;
}

/* May not match. */
static void read_doubt(struct decoder *decoder, const struct nlattr *data)
{
	(void)data;
	add_condition(decoder, NULL);
}

static void read_nothing(struct decoder *decoder, const struct nlattr *data)
{
	(void)decoder;
	(void)data;
}

static void read_expression(struct decoder *decoder, const char *name, const struct nlattr *data)
{
	static const struct {
		const char *name;
		void (*read)(struct decoder *decoder, const struct nlattr *data);
	} expressions[] = {
		{ "meta", read_meta },
		{ "ct", read_ct },
		{ "payload", read_payload },
		{ "bitwise", read_bitwise },
		{ "cmp", read_cmp },
		{ "lookup", read_lookup },
		{ "immediate", read_immediate },
		{ "match", read_match },
		{ "target", read_target },
		{ "reject", read_reject },
		{ "queue", read_queue },
		{ "range", read_doubt },
		{ "limit", read_doubt },
		{ "connlimit", read_doubt },
		{ "quota", read_doubt },
		{ "counter", read_nothing },
		{ "log", read_nothing },
		{ "last", read_nothing },
	};
	size_t i;

	for (i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++)
		if (text_equal(name, expressions[i].name)) {
			expressions[i].read(decoder, data);
			return;
		}
	memset(decoder->registers, 0, sizeof(decoder->registers));
}

void rule_read(struct rule *ret, const struct nlattr *expressions, const struct rule_reader *reader)
{
	struct decoder decoder = { .reader = reader, .rule = ret };
	const struct nlattr *table[NFTA_EXPR_MAX + 1];
	const struct nlattr *attr;
	int left;

	decoder.family = !strcmp(reader->family, "ip6")	 ? NFPROTO_IPV6
			 : !strcmp(reader->family, "ip") ? NFPROTO_IPV4
							 : NFPROTO_UNSPEC;
	if (!expressions)
		return;
	for (attr = nla_data(expressions), left = nla_len(expressions); nla_ok(attr, left);
	     attr = nla_next(attr, &left)) {
		attr_parse_nested(attr, table, NFTA_EXPR_MAX);
		read_expression(&decoder, attr_text(table[NFTA_EXPR_NAME]), table[NFTA_EXPR_DATA]);
	}
}
