/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table is one run of entries, and a chain is a place in it: those of hooks begin and end where struct ipt_getinfo says,
 * the last entry of each being its policy; one of a user's begins behind an entry with the target ERROR, which has its
 * name. Jumps lead to offsets.
 */
#include "backends/xtables/entries.h"

#include "backends/extension.h"
#include "model/cleanup.h"

#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Where an entry has what, in bytes from its beginning. */
struct layout {
	const char *family;
	size_t size; /* without matches and target */
	size_t target_offset, next_offset;
	size_t source, source_mask, destination, destination_mask;
	size_t in, in_mask, out, out_mask;
	size_t protocol, flags, inverted;
	uint8_t address_length;
	uint8_t goto_flag, protocol_flag;
};

#define LAYOUT(entry, member)                                                                      \
	.size = sizeof(struct entry), .target_offset = offsetof(struct entry, target_offset),      \
	.next_offset = offsetof(struct entry, next_offset),                                        \
	.source = offsetof(struct entry, member.src),                                              \
	.source_mask = offsetof(struct entry, member.smsk),                                        \
	.destination = offsetof(struct entry, member.dst),                                         \
	.destination_mask = offsetof(struct entry, member.dmsk),                                   \
	.in = offsetof(struct entry, member.iniface),                                              \
	.in_mask = offsetof(struct entry, member.iniface_mask),                                    \
	.out = offsetof(struct entry, member.outiface),                                            \
	.out_mask = offsetof(struct entry, member.outiface_mask),                                  \
	.protocol = offsetof(struct entry, member.proto),                                          \
	.flags = offsetof(struct entry, member.flags),                                             \
	.inverted = offsetof(struct entry, member.invflags)

static const struct layout layout_ip = {
	.family = "ip",
	.address_length = 4,
	.goto_flag = IPT_F_GOTO,
	LAYOUT(ipt_entry, ip),
};
static const struct layout layout_ip6 = {
	.family = "ip6",
	.address_length = 16,
	.goto_flag = IP6T_F_GOTO,
	.protocol_flag = IP6T_F_PROTO,
	LAYOUT(ip6t_entry, ipv6),
};
_Static_assert(IPT_INV_VIA_IN == IP6T_INV_VIA_IN && IPT_INV_VIA_OUT == IP6T_INV_VIA_OUT &&
		       IPT_INV_SRCIP == IP6T_INV_SRCIP && IPT_INV_DSTIP == IP6T_INV_DSTIP,
	       "inversions of both families are the same");

/* Where a chain's first rule is; in the order of the table's chains, which is that of offsets. */
struct start {
	size_t at;
};
static const struct record record_start = { .name = "start", .size = sizeof(struct start) };

/* A table while it is read. */
struct reading {
	const struct layout *layout;
	const struct ipt_getinfo *info;
	const uint8_t *bytes;
	struct arena *arena;
	struct list chains, starts;
};

/* An entry whose parts lie within the table. Offsets are from the table's beginning. */
struct entry {
	size_t at, target, next;
	size_t target_size;
	char target_name[XT_EXTENSION_MAXNAMELEN + 1];
};

/* ---- bytes ---- */

static bool take(void *ret, const struct reading *reading, size_t at, size_t size)
{
	if (at > reading->info->size || size > reading->info->size - at)
		return false;
	memcpy(ret, reading->bytes + at, size);
	return true;
}

static bool take_entry(struct entry *ret, const struct reading *reading, size_t at)
{
	const struct layout *layout = reading->layout;
	struct entry entry = { .at = at };
	struct xt_entry_target head;
	uint16_t target, next;

	if (!take(&target, reading, at + layout->target_offset, sizeof(target)) ||
	    !take(&next, reading, at + layout->next_offset, sizeof(next)))
		return false;
	entry.target = at + target;
	entry.next = at + next;
	if (target < layout->size || next < target + sizeof(head) ||
	    entry.next > reading->info->size || !take(&head, reading, entry.target, sizeof(head)) ||
	    head.u.user.target_size < sizeof(head) || head.u.user.target_size > next - target)
		return false;
	entry.target_size = head.u.user.target_size;
	memcpy(entry.target_name, head.u.user.name, sizeof(head.u.user.name));
	*ret = entry;
	return true;
}

/* What of a target is behind its head. */
static bool take_target(void *ret, const struct reading *reading, const struct entry *entry,
			size_t size)
{
	return size <= entry->target_size - sizeof(struct xt_entry_target) &&
	       take(ret, reading, entry->target + sizeof(struct xt_entry_target), size);
}

/* ---- chains ---- */

static bool is_chain_head(const struct entry *entry)
{
	return !strcmp(entry->target_name, XT_ERROR_TARGET);
}

/* Which hook has its offset there; NF_INET_NUMHOOKS: none. Forwarding first, should it share one. */
static unsigned hook_at(const struct ipt_getinfo *info, const unsigned *offsets, size_t at)
{
	unsigned hook;

	if (info->valid_hooks & 1U << NF_INET_FORWARD && offsets[NF_INET_FORWARD] == at)
		return NF_INET_FORWARD;
	for (hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if (info->valid_hooks & 1U << hook && offsets[hook] == at)
			return hook;
	return NF_INET_NUMHOOKS;
}

static void add_chain(struct reading *reading, size_t at, const char *name, unsigned hook)
{
	static const char *const names[] = { [NF_INET_PRE_ROUTING] = "PREROUTING",
					     [NF_INET_LOCAL_IN] = "INPUT",
					     [NF_INET_FORWARD] = "FORWARD",
					     [NF_INET_LOCAL_OUT] = "OUTPUT",
					     [NF_INET_POST_ROUTING] = "POSTROUTING" };
	struct rule_chain *chain =
		list_append(&reading->chains, &record_rule_chain, reading->arena);
	struct start *start = list_append(&reading->starts, &record_start, reading->arena);

	chain->name = hook < NF_INET_NUMHOOKS ? names[hook] : arena_strdup(reading->arena, name);
	chain->is_base = hook == NF_INET_FORWARD;
	start->at = at;
}

/* All of them, before any rule is read: jumps lead forward, too. */
static bool find_chains(struct reading *reading)
{
	char name[XT_FUNCTION_MAXNAMELEN + 1] = "";
	bool is_behind_head = false;
	struct entry entry;
	size_t at;

	for (at = 0; at < reading->info->size; at = entry.next) {
		unsigned hook = hook_at(reading->info, reading->info->hook_entry, at);

		if (!take_entry(&entry, reading, at))
			return false;
		if (hook < NF_INET_NUMHOOKS || is_behind_head)
			add_chain(reading, at, name, hook);
		is_behind_head = is_chain_head(&entry);
		if (is_behind_head && !take_target(name, reading, &entry, XT_FUNCTION_MAXNAMELEN))
			return false;
	}
	return true;
}

static int compare_starts(const void *a, const void *b)
{
	const struct start *left = a, *right = b;

	return left->at < right->at ? -1 : left->at > right->at;
}

/* NULL: no chain begins there. */
static struct rule_chain *chain_at(struct reading *reading, size_t at)
{
	const struct start key = { at }, *first = reading->starts.items, *start;

	start = first ? bsearch(&key, first, reading->starts.n, sizeof(key), compare_starts) : NULL;
	return start ? list_item(&reading->chains, &record_rule_chain, (size_t)(start - first))
		     : NULL;
}

/* ---- rules ---- */

/* Something is asked for that is not known here. */
static void add_doubt(struct reading *reading, struct rule *rule)
{
	list_append(&rule->conditions, &record_rule_condition, reading->arena);
}

static void add_masked(struct reading *reading, struct rule *rule,
		       const struct rule_condition *wanted)
{
	static const uint8_t zeros[RULE_DATA_MAX];

	if (wanted->is_negated || memcmp(wanted->mask, zeros, RULE_DATA_MAX) != 0 ||
	    memcmp(wanted->data, zeros, RULE_DATA_MAX) != 0)
		*(struct rule_condition *)list_append(&rule->conditions, &record_rule_condition,
						      reading->arena) = *wanted;
}

static void read_address(struct reading *reading, struct rule *rule, enum rule_subject subject,
			 const uint8_t *data, const uint8_t *mask, bool is_negated)
{
	const uint8_t length = reading->layout->address_length;
	struct rule_condition wanted = {
		.subject = subject, .length = length, .is_masked = true, .is_negated = is_negated
	};

	memcpy(wanted.data, data, length);
	memcpy(wanted.mask, mask, length);
	add_masked(reading, rule, &wanted);
}

/* Here, unlike with addresses, the kernel does not ask for bits that the mask leaves out. */
static void read_name(struct reading *reading, struct rule *rule, enum rule_subject subject,
		      const uint8_t *data, const uint8_t *mask, bool is_negated)
{
	struct rule_condition wanted = {
		.subject = subject, .length = IFNAMSIZ, .is_masked = true, .is_negated = is_negated
	};
	size_t i;

	for (i = 0; i < IFNAMSIZ; i++)
		wanted.data[i] = data[i] & mask[i];
	memcpy(wanted.mask, mask, IFNAMSIZ);
	add_masked(reading, rule, &wanted);
}
_Static_assert(IFNAMSIZ <= RULE_DATA_MAX, "a name fits");

static void read_header(struct reading *reading, struct rule *rule, const struct entry *entry)
{
	const struct layout *layout = reading->layout;
	const uint8_t *at = reading->bytes + entry->at;
	const uint8_t flags = at[layout->flags], inverted = at[layout->inverted];
	uint16_t protocol;

	read_name(reading, rule, SUBJECT_IN, at + layout->in, at + layout->in_mask,
		  inverted & IPT_INV_VIA_IN);
	read_name(reading, rule, SUBJECT_OUT, at + layout->out, at + layout->out_mask,
		  inverted & IPT_INV_VIA_OUT);
	read_address(reading, rule, SUBJECT_SOURCE, at + layout->source, at + layout->source_mask,
		     inverted & IPT_INV_SRCIP);
	read_address(reading, rule, SUBJECT_DESTINATION, at + layout->destination,
		     at + layout->destination_mask, inverted & IPT_INV_DSTIP);
	memcpy(&protocol, at + layout->protocol, sizeof(protocol));
	if (protocol || flags & ~(layout->goto_flag | layout->protocol_flag) ||
	    inverted & ~(IPT_INV_VIA_IN | IPT_INV_VIA_OUT | IPT_INV_SRCIP | IPT_INV_DSTIP))
		add_doubt(reading, rule);
}

static bool read_matches(struct reading *reading, struct rule *rule, const struct entry *entry)
{
	struct xt_entry_match head;
	size_t at;

	for (at = entry->at + reading->layout->size; at < entry->target;
	     at += head.u.user.match_size) {
		char name[XT_EXTENSION_MAXNAMELEN + 1] = "";

		if (entry->target - at < sizeof(head) || !take(&head, reading, at, sizeof(head)) ||
		    head.u.user.match_size < sizeof(head) ||
		    head.u.user.match_size > entry->target - at)
			return false;
		memcpy(name, head.u.user.name, sizeof(head.u.user.name));
		extension_add_match(rule,
				    &(struct extension){
					    .name = name,
					    .revision = head.u.user.revision,
					    .info = reading->bytes + at + sizeof(head),
					    .size = head.u.user.match_size - sizeof(head),
				    },
				    reading->arena);
	}
	return true;
}

/* A verdict is a negative number; any other is where it goes on. */
static void read_verdict(struct reading *reading, struct rule *rule, const struct entry *entry,
			 int verdict)
{
	const uint8_t flags = reading->bytes[entry->at + reading->layout->flags];
	const bool is_goto = flags & reading->layout->goto_flag;
	const struct rule_chain *chain;

	switch (verdict) {
	case -NF_DROP - 1:
		rule->outcome.verdict = VERDICT_DROP;
		return;
	case -NF_ACCEPT - 1:
	case -NF_QUEUE - 1: /* a program decides */
		rule->outcome.verdict = VERDICT_ACCEPT;
		return;
	case XT_RETURN:
		rule->outcome.verdict = VERDICT_RETURN;
		return;
	}
	if (verdict < 0 || (!is_goto && (size_t)verdict == entry->next))
		return; /* a rule that only counts leads to the next one */
	chain = chain_at(reading, (size_t)verdict);
	if (!chain) {
		add_doubt(reading, rule);
		return;
	}
	rule->outcome.verdict = is_goto ? VERDICT_GOTO : VERDICT_JUMP;
	rule->outcome.chain = chain->name;
}

static bool read_rule(struct reading *reading, struct rule *rule, const struct entry *entry)
{
	int verdict;

	read_header(reading, rule, entry);
	if (!read_matches(reading, rule, entry))
		return false;
	if (strcmp(entry->target_name, XT_STANDARD_TARGET) != 0) {
		rule->outcome.verdict = extension_verdict(entry->target_name);
		return true;
	}
	if (!take_target(&verdict, reading, entry, sizeof(verdict)))
		return false;
	read_verdict(reading, rule, entry, verdict);
	return true;
}

/* ---- the table ---- */

/* The policy is the verdict of the last entry, which asks for nothing. */
static bool read_policy(struct reading *reading, struct rule_chain *chain,
			const struct entry *entry)
{
	struct rule rule = { 0 };

	if (!read_rule(reading, &rule, entry) || rule.conditions.n ||
	    (rule.outcome.verdict != VERDICT_ACCEPT && rule.outcome.verdict != VERDICT_DROP))
		return false;
	chain->policy = rule.outcome.verdict;
	return true;
}

static bool read_rules(struct reading *reading)
{
	bool has_policy = false;
	struct rule_chain *chain = NULL;
	struct entry entry;
	size_t at;

	for (at = 0; at < reading->info->size; at = entry.next) {
		struct rule_chain *beginning = chain_at(reading, at);

		if (!take_entry(&entry, reading, at))
			return false;
		if (beginning)
			chain = beginning;
		if (is_chain_head(&entry)) {
			chain = NULL;
		} else if (hook_at(reading->info, reading->info->underflow, at) <
			   NF_INET_NUMHOOKS) {
			if (chain && chain->is_base) {
				if (!read_policy(reading, chain, &entry))
					return false;
				has_policy = true;
			}
			chain = NULL;
		} else if (chain &&
			   !read_rule(reading,
				      list_append(&chain->rules, &record_rule, reading->arena),
				      &entry)) {
			return false;
		}
	}
	return has_policy;
}

bool entries_read(struct rule_table *ret, uint8_t family, const struct ipt_getinfo *info,
		  const void *entries, struct arena *arena)
{
	struct reading reading = { .layout = family == AF_INET6 ? &layout_ip6 : &layout_ip,
				   .info = info,
				   .bytes = entries,
				   .arena = arena };

	if (!(info->valid_hooks & 1U << NF_INET_FORWARD) || !find_chains(&reading) ||
	    !read_rules(&reading))
		return false;
	ret->family = reading.layout->family;
	ret->is_legacy = true;
	ret->chains = reading.chains;
	return true;
}
