/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of the kernel's older kind, as bytes made here as the kernel makes them, and packets walked through them. */
#include "backends/xtables/entries.h"

#include "model/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#define ACCEPT (-NF_ACCEPT - 1)
#define DROP   (-NF_DROP - 1)
#define QUEUE  (-NF_QUEUE - 1)
#define NEXT   (1 << 20) /* a rule without a target */

struct fixture {
	struct arena *arena;
	uint8_t family;
	struct ipt_getinfo info;
	uint8_t bytes[8192];
	struct rule_table table;
};

/* An entry as iptables would be asked for it. */
struct wish {
	const char *in, *out;		  /* "br+": any that begin so */
	const char *source, *destination; /* prefixes */
	uint8_t inverted, flags;
	uint16_t protocol;
	const char *match;
	uint8_t revision;
	const void *match_info;
	size_t match_size;
	const char *target; /* NULL: the standard one, which has a verdict */
	int verdict;
	const char *name; /* of the chain that begins behind */
};

/* ---- making bytes ---- */

static void put_name(char name[IFNAMSIZ], unsigned char mask[IFNAMSIZ], const char *wanted)
{
	size_t length = wanted ? strlen(wanted) : 0;

	if (!length)
		return;
	strcpy(name, wanted);
	if (wanted[length - 1] == '+')
		memset(mask, 0xff, length - 1);
	else
		memset(mask, 0xff, length + 1);
}

static void put_prefix(void *address, void *mask, const char *wanted)
{
	struct addr addr;
	size_t i;

	if (!wanted)
		return;
	assert_true(addr_parse_prefix(&addr, wanted));
	for (i = 0; i < addr.length; i++)
		((uint8_t *)mask)[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (i = 0; i < addr_bytes(addr.family); i++)
		((uint8_t *)address)[i] = addr.bytes[i] & ((uint8_t *)mask)[i];
}

#define PUT_HEADER(ip, wish)                                                                       \
	do {                                                                                       \
		put_name((ip)->iniface, (ip)->iniface_mask, (wish)->in);                           \
		put_name((ip)->outiface, (ip)->outiface_mask, (wish)->out);                        \
		put_prefix(&(ip)->src, &(ip)->smsk, (wish)->source);                               \
		put_prefix(&(ip)->dst, &(ip)->dmsk, (wish)->destination);                          \
		(ip)->proto = (wish)->protocol;                                                    \
		(ip)->flags = (wish)->flags;                                                       \
		(ip)->invflags = (wish)->inverted;                                                 \
	} while (0)

static size_t put_match(uint8_t *at, const struct wish *wish)
{
	struct xt_entry_match match = { 0 };
	size_t size = XT_ALIGN(sizeof(match) + wish->match_size);

	if (!wish->match)
		return 0;
	match.u.user.match_size = (uint16_t)size;
	match.u.user.revision = wish->revision;
	strcpy(match.u.user.name, wish->match);
	memcpy(at, &match, sizeof(match));
	if (wish->match_size)
		memcpy(at + sizeof(match), wish->match_info, wish->match_size);
	return size;
}

static size_t put_target(uint8_t *at, const struct wish *wish, size_t next)
{
	struct xt_entry_target target = { 0 };
	int verdict = wish->verdict == NEXT ? (int)next : wish->verdict;
	size_t more = wish->name ? XT_FUNCTION_MAXNAMELEN : sizeof(verdict);
	size_t size = XT_ALIGN(sizeof(target) + more);

	target.u.user.target_size = (uint16_t)size;
	if (wish->name || wish->target)
		strcpy(target.u.user.name, wish->name ? XT_ERROR_TARGET : wish->target);
	memcpy(at, &target, sizeof(target));
	if (wish->name)
		strcpy((char *)at + sizeof(target), wish->name);
	else if (!wish->target)
		memcpy(at + sizeof(target), &verdict, sizeof(verdict));
	return size;
}

/* Where it stands. */
static uint32_t add(struct fixture *f, struct wish wish)
{
	const uint32_t at = f->info.size;
	struct ipt_entry four = { 0 };
	struct ip6t_entry six = { 0 };
	bool is_six = f->family == AF_INET6;
	size_t size = is_six ? sizeof(six) : sizeof(four), target;

	assert_true(at + 512 < sizeof(f->bytes));
	target = size + put_match(f->bytes + at + size, &wish);
	size = target + XT_ALIGN(sizeof(struct xt_standard_target));
	size = target + put_target(f->bytes + at + target, &wish, at + size);
	six.target_offset = four.target_offset = (uint16_t)target;
	six.next_offset = four.next_offset = (uint16_t)size;
	if (is_six) {
		PUT_HEADER(&six.ipv6, &wish);
		memcpy(f->bytes + at, &six, sizeof(six));
	} else {
		PUT_HEADER(&four.ip, &wish);
		memcpy(f->bytes + at, &four, sizeof(four));
	}
	f->info.size += (uint32_t)size;
	f->info.num_entries++;
	return at;
}

/* Up to where FORWARD's rules begin. */
static void begin(struct fixture *f, uint8_t family)
{
	memset(&f->info, 0, sizeof(f->info));
	memset(f->bytes, 0, sizeof(f->bytes));
	f->family = family;
	f->info.valid_hooks = 1 << NF_INET_LOCAL_IN | 1 << NF_INET_FORWARD | 1 << NF_INET_LOCAL_OUT;
	f->info.hook_entry[NF_INET_LOCAL_IN] = f->info.underflow[NF_INET_LOCAL_IN] =
		add(f, (struct wish){ .verdict = DROP });
	f->info.hook_entry[NF_INET_FORWARD] = f->info.size;
}

static void end_forward(struct fixture *f, int policy)
{
	f->info.underflow[NF_INET_FORWARD] = add(f, (struct wish){ .verdict = policy });
	f->info.hook_entry[NF_INET_LOCAL_OUT] = f->info.underflow[NF_INET_LOCAL_OUT] =
		add(f, (struct wish){ .verdict = DROP });
}

/* A chain of the user's: where its rules begin. */
static uint32_t begin_chain(struct fixture *f, const char *name)
{
	add(f, (struct wish){ .name = name });
	return f->info.size;
}

static void end_chain(struct fixture *f)
{
	add(f, (struct wish){ .verdict = XT_RETURN });
}

static void end(struct fixture *f)
{
	add(f, (struct wish){ .name = XT_ERROR_TARGET });
}

/* Of an entry without matches. */
static void set_verdict(struct fixture *f, uint32_t at, uint32_t verdict)
{
	size_t header =
		f->family == AF_INET6 ? sizeof(struct ip6t_entry) : sizeof(struct ipt_entry);

	memcpy(f->bytes + at + header + sizeof(struct xt_entry_target), &verdict, sizeof(verdict));
}

/* A table with one rule in FORWARD. */
static void one_rule(struct fixture *f, uint8_t family, int policy, struct wish wish)
{
	begin(f, family);
	add(f, wish);
	end_forward(f, policy);
	end(f);
}

/* ---- reading ---- */

/* Where nothing may be read behind it, and with everything at odd addresses. */
static bool reads(struct fixture *f)
{
	AUTO_FREE uint8_t *copy = malloc(f->info.size + 1);

	assert_non_null(copy);
	memcpy(copy + 1, f->bytes, f->info.size);
	f->table = (struct rule_table){ .name = "filter" };
	return entries_read(&f->table, f->family, &f->info, copy + 1, f->arena);
}

static struct packet leaving(const struct fixture *f)
{
	return (struct packet){
		.in = "br0", .out = "eth0", .family = f->family, .state = RULE_STATE_NEW
	};
}

static bool drops_packet(struct fixture *f, const struct packet *packet)
{
	struct packet_end end_of_it;

	assert_true(reads(f));
	return rule_table_drops(&f->table, packet, &end_of_it);
}

static bool drops(struct fixture *f)
{
	const struct packet packet = leaving(f);

	return drops_packet(f, &packet);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f);
	return 0;
}

static const uint8_t families[] = { AF_INET, AF_INET6 };

/* ---- tests ---- */

static void test_policy_of_forward_alone_decides(void **state)
{
	struct fixture *f = *state;
	struct packet packet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		begin(f, families[i]);
		end_forward(f, DROP);
		end(f);
		assert_true(drops(f));
		assert_true(f->table.is_legacy);
		assert_string_equal(f->table.family, i ? "ip6" : "ip");
		assert_non_null(rule_table_chain(&f->table, "FORWARD"));
		assert_non_null(rule_table_chain(&f->table, "OUTPUT"));
		packet = leaving(f);
		packet.family = families[!i];
		assert_false(drops_packet(f, &packet));
		begin(f, families[i]);
		end_forward(f, ACCEPT);
		end(f);
		assert_false(drops(f));
	}
}

static void test_interfaces_match_whole_or_by_their_beginning(void **state)
{
	static const struct {
		struct wish wish;
		bool holds;
	} cases[] = {
		{ { .in = "br0" }, true },
		{ { .in = "br" }, false },
		{ { .in = "br01" }, false },
		{ { .in = "br+" }, true },
		{ { .in = "bx+" }, false },
		{ { .in = "+" }, true },
		{ { .out = "br0" }, false },
		{ { .in = "br0", .out = "eth0" }, true },
		{ { .in = "br0", .out = "eth0", .inverted = IPT_INV_VIA_OUT }, false },
		{ { .in = "br1", .inverted = IPT_INV_VIA_IN }, true },
		{ { .in = "br0", .inverted = IPT_INV_VIA_IN }, false },
		{ { 0 }, true },
	};
	struct fixture *f = *state;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		for (j = 0; j < ARRAY_SIZE(cases); j++) {
			struct wish wish = cases[j].wish;

			wish.verdict = DROP;
			one_rule(f, families[i], ACCEPT, wish);
			assert_int_equal(drops(f), cases[j].holds);
		}
}

static void test_addresses_match_under_their_mask(void **state)
{
	static const char *const nets[][3] = { { "10.0.0.0/24", "10.0.0.7", "10.0.1.7" },
					       { "fd00::/64", "fd00::7", "fd00:0:0:1::7" } };
	struct fixture *f = *state;
	struct packet packet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		one_rule(f, families[i], ACCEPT,
			 (struct wish){ .source = nets[i][0], .verdict = DROP });
		assert_false(drops(f)); /* of an unknown source */
		packet = leaving(f);
		assert_true(addr_parse(&packet.source, nets[i][1]));
		assert_true(drops_packet(f, &packet));
		assert_true(addr_parse(&packet.source, nets[i][2]));
		assert_false(drops_packet(f, &packet));
		one_rule(f, families[i], ACCEPT,
			 (struct wish){ .destination = nets[i][0],
					.inverted = IPT_INV_DSTIP,
					.verdict = DROP });
		packet = leaving(f);
		assert_true(addr_parse(&packet.destination, nets[i][1]));
		assert_false(drops_packet(f, &packet));
		assert_true(addr_parse(&packet.destination, nets[i][2]));
		assert_true(drops_packet(f, &packet));
	}
}

/* As of nftables: neither hides a drop nor makes one. */
static void test_what_is_not_known_does_not_match(void **state)
{
	static const struct wish doubts[] = {
		{ .protocol = 6, .flags = IP6T_F_PROTO },
		{ .protocol = 6, .flags = IP6T_F_PROTO, .inverted = XT_INV_PROTO },
		{ .inverted = IPT_INV_FRAG },
		{ .inverted = 0x80 },
		{ .flags = 0x80 },
		{ .match = "physdev" },
		{ .match = "physdev", .match_info = "1234567", .match_size = 8 },
		{ .match = "conntrack", .revision = 3, .match_info = "1234567", .match_size = 8 },
		{ .match = "state" },
	};
	struct fixture *f = *state;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		for (j = 0; j < ARRAY_SIZE(doubts); j++) {
			struct wish wish = doubts[j];

			wish.verdict = DROP;
			one_rule(f, families[i], ACCEPT, wish);
			assert_false(drops(f));
			wish.verdict = ACCEPT;
			one_rule(f, families[i], DROP, wish);
			assert_true(drops(f));
		}
	one_rule(f, AF_INET, ACCEPT, (struct wish){ .flags = IPT_F_FRAG, .verdict = DROP });
	assert_false(drops(f));
	/* "-p all" of ip6tables, and a comment, are no questions. */
	one_rule(f, AF_INET6, ACCEPT, (struct wish){ .flags = IP6T_F_PROTO, .verdict = DROP });
	assert_true(drops(f));
	one_rule(f, AF_INET, ACCEPT,
		 (struct wish){ .match = "comment",
				.match_info = "words",
				.match_size = 6,
				.verdict = DROP });
	assert_true(drops(f));
}

static void test_state_of_connections(void **state)
{
	const struct xt_conntrack_mtinfo3 info = {
		.match_flags = XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS,
		.state_mask = RULE_STATE_ESTABLISHED | RULE_STATE_RELATED | RULE_TRACKED_DNAT,
	};
	const struct wish wish = { .match = "conntrack",
				   .revision = 3,
				   .match_info = &info,
				   .match_size = sizeof(info),
				   .verdict = ACCEPT };
	struct fixture *f = *state;
	struct packet packet;

	one_rule(f, AF_INET, DROP, wish);
	assert_true(drops(f));
	packet = leaving(f);
	packet.status = RULE_STATUS_DNAT;
	assert_false(drops_packet(f, &packet));
	packet = leaving(f);
	packet.state = RULE_STATE_ESTABLISHED;
	assert_false(drops_packet(f, &packet));
}

static void test_targets(void **state)
{
	struct fixture *f = *state;
	struct packet packet;
	struct packet_end end_of_it;

	one_rule(f, AF_INET, ACCEPT, (struct wish){ .target = "REJECT" });
	packet = leaving(f);
	assert_true(reads(f));
	assert_true(rule_table_drops(&f->table, &packet, &end_of_it));
	assert_true(end_of_it.is_reject);
	assert_false(end_of_it.is_policy);
	one_rule(f, AF_INET, DROP, (struct wish){ .target = "LOG" });
	assert_true(drops(f));
	one_rule(f, AF_INET, DROP, (struct wish){ .verdict = NEXT });
	assert_true(drops(f));
	one_rule(f, AF_INET, DROP, (struct wish){ .verdict = QUEUE });
	assert_false(drops(f));
	one_rule(f, AF_INET, DROP, (struct wish){ .target = "NFQUEUE" });
	assert_false(drops(f));
	one_rule(f, AF_INET, DROP, (struct wish){ .verdict = XT_RETURN });
	assert_true(drops(f));
}

/* A jump and a goto to a chain that accepts what goes to eth1, and the drop that stands behind the jump. */
static void put_chains(struct fixture *f, uint8_t family, bool is_goto, const char *accepted)
{
	uint8_t flag = family == AF_INET6 ? IP6T_F_GOTO : IPT_F_GOTO;
	uint32_t jump;

	begin(f, family);
	jump = add(f, (struct wish){ .flags = is_goto ? flag : 0 });
	add(f, (struct wish){ .verdict = DROP });
	end_forward(f, ACCEPT);
	begin_chain(f, "before");
	add(f, (struct wish){ .verdict = DROP });
	end_chain(f);
	set_verdict(f, jump, begin_chain(f, "allowed"));
	add(f, (struct wish){ .out = accepted, .verdict = ACCEPT });
	end_chain(f);
	end(f);
}

static void test_jump_returns_and_goto_does_not(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		put_chains(f, families[i], false, "eth0");
		assert_false(drops(f));
		assert_non_null(rule_table_chain(&f->table, "allowed"));
		put_chains(f, families[i], false, "eth1");
		assert_true(drops(f));
		put_chains(f, families[i], true, "eth1");
		assert_false(drops(f)); /* by the policy */
	}
}

static void test_jump_to_nowhere_is_doubted(void **state)
{
	static const uint32_t nowhere[] = { 0, 1, 100, 1U << 30, INT32_MAX };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nowhere); i++) {
		one_rule(f, AF_INET, DROP, (struct wish){ .verdict = (int)nowhere[i] });
		/* 0 is INPUT, which drops by its policy alone. */
		assert_true(drops(f));
	}
}

static void test_table_without_forwarding_is_none(void **state)
{
	struct fixture *f = *state;

	one_rule(f, AF_INET, DROP, (struct wish){ .verdict = DROP });
	f->info.valid_hooks &= ~(1U << NF_INET_FORWARD);
	assert_false(reads(f));
}

/* ---- bytes that no kernel sends ---- */

static void put_u16(struct fixture *f, size_t at, unsigned value)
{
	const uint16_t number = (uint16_t)value;

	memcpy(f->bytes + at, &number, sizeof(number));
}

static void one_full_rule(struct fixture *f, uint8_t family)
{
	one_rule(f, family, DROP,
		 (struct wish){ .in = "br0",
				.match = "comment",
				.match_size = 8,
				.match_info = "1234567",
				.verdict = DROP });
}

static void test_every_cut_is_refused(void **state)
{
	struct fixture *f = *state;
	uint32_t whole, size;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		put_chains(f, families[i], false, "eth0");
		whole = f->info.size;
		assert_true(reads(f));
		for (size = 0; size < f->info.underflow[NF_INET_FORWARD]; size++) {
			f->info.size = size;
			assert_false(reads(f));
		}
		for (; size < whole; size++) { /* by chance between two entries: no harm */
			f->info.size = size;
			(void)reads(f);
		}
	}
}

/* Of its entries, where each says how long it is, and how long all of it but the entry's matches and target. */
struct shape {
	uint8_t family;
	size_t target_offset, next_offset, size;
};

static const struct shape shapes[] = {
	{ AF_INET, offsetof(struct ipt_entry, target_offset),
	  offsetof(struct ipt_entry, next_offset), sizeof(struct ipt_entry) },
	{ AF_INET6, offsetof(struct ip6t_entry, target_offset),
	  offsetof(struct ip6t_entry, next_offset), sizeof(struct ip6t_entry) },
};

static void test_sizes_that_lie_are_refused(void **state)
{
	/* 32 leaves no room for a verdict, nor for all of the match. */
	static const unsigned lies[] = { 0, 1, 31, 32, 0x7fff, 0xffff };
	const size_t match_size = XT_ALIGN(sizeof(struct xt_entry_match) + 8);
	struct fixture *f = *state;
	size_t i, j, k;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct shape *shape = &shapes[i];
		const size_t places[] = { shape->target_offset, shape->next_offset, shape->size,
					  shape->size + match_size };

		for (j = 0; j < ARRAY_SIZE(places); j++)
			for (k = 0; k < ARRAY_SIZE(lies); k++) {
				one_full_rule(f, shape->family);
				put_u16(f, f->info.hook_entry[NF_INET_FORWARD] + places[j],
					lies[k]);
				assert_false(reads(f));
			}
	}
}

static void test_beginnings_and_ends_that_lie(void **state)
{
	static const unsigned lies[] = { 1, 7, 1 << 20, UINT32_MAX };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		one_full_rule(f, AF_INET);
		f->info.hook_entry[NF_INET_FORWARD] = lies[i];
		assert_false(reads(f));
		one_full_rule(f, AF_INET);
		f->info.underflow[NF_INET_FORWARD] = lies[i];
		assert_false(reads(f));
	}
	/* The end of another chain, and an end that asks for something. */
	one_full_rule(f, AF_INET);
	f->info.underflow[NF_INET_FORWARD] = f->info.underflow[NF_INET_LOCAL_OUT];
	(void)reads(f);
	one_full_rule(f, AF_INET);
	f->info.underflow[NF_INET_FORWARD] = f->info.hook_entry[NF_INET_FORWARD];
	assert_false(reads(f));
}

static void test_names_without_an_end(void **state)
{
	struct fixture *f = *state;
	size_t at;
	uint32_t head;

	put_chains(f, AF_INET, false, "eth0");
	head = f->info.underflow[NF_INET_LOCAL_OUT] +
	       (uint32_t)(sizeof(struct ipt_entry) + XT_ALIGN(sizeof(struct xt_standard_target)));
	at = head + sizeof(struct ipt_entry) + sizeof(struct xt_entry_target);
	memset(f->bytes + at, 'x', XT_FUNCTION_MAXNAMELEN);
	assert_true(reads(f));
	assert_non_null(rule_table_chain(&f->table, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	/* Of a target and of a match. */
	one_full_rule(f, AF_INET);
	at = f->info.hook_entry[NF_INET_FORWARD] + sizeof(struct ipt_entry);
	memset(f->bytes + at + 2, 'x', XT_EXTENSION_MAXNAMELEN);
	at += XT_ALIGN(sizeof(struct xt_entry_match) + 8);
	memset(f->bytes + at + 2, 'x', XT_EXTENSION_MAXNAMELEN);
	assert_true(drops(f)); /* by the policy */
}

static void test_any_byte_may_be_wrong(void **state)
{
	struct fixture *f = *state;
	struct packet_end end_of_it;
	uint32_t i;

	put_chains(f, AF_INET, false, "eth0");
	for (i = 0; i < f->info.size; i++) {
		const struct packet packet = leaving(f);
		uint8_t before = f->bytes[i];

		f->bytes[i] = (uint8_t)(before + 1 + i % 255);
		if (reads(f))
			(void)rule_table_drops(&f->table, &packet, &end_of_it);
		f->bytes[i] = before;
	}
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(test_policy_of_forward_alone_decides),
		WITH_FIXTURE(test_interfaces_match_whole_or_by_their_beginning),
		WITH_FIXTURE(test_addresses_match_under_their_mask),
		WITH_FIXTURE(test_what_is_not_known_does_not_match),
		WITH_FIXTURE(test_state_of_connections),
		WITH_FIXTURE(test_targets),
		WITH_FIXTURE(test_jump_returns_and_goto_does_not),
		WITH_FIXTURE(test_jump_to_nowhere_is_doubted),
		WITH_FIXTURE(test_table_without_forwarding_is_none),
		WITH_FIXTURE(test_every_cut_is_refused),
		WITH_FIXTURE(test_sizes_that_lie_are_refused),
		WITH_FIXTURE(test_beginnings_and_ends_that_lie),
		WITH_FIXTURE(test_names_without_an_end),
		WITH_FIXTURE(test_any_byte_may_be_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
