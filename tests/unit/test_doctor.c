/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of findings, and how they are worded and printed, on surroundings made by hand. */
#include "cmd/doctor/doctor.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/kinds.h"
#include "model/link.h"
#include "model/ruleset.h"
#include "model/sysctl.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>

struct fixture {
	struct arena *arena;
	struct model *want;
	struct outlook outlook;
	struct findings findings;
	struct near_place *host;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new();
	f->want = model_new();
	f->findings.arena = f->arena;
	f->outlook = (struct outlook){
		.want = f->want, .topology = "net", .uplink = "eth0", .use = FINDING_DOCTOR_ONLY
	};
	f->host = list_append(&f->outlook.near.places, &record_near_place, f->arena);
	f->host->name = "";
	f->host->exists = true;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	model_free(f->want);
	arena_free(f->arena);
	free(f);
	return 0;
}

static struct object *add_link(struct fixture *f, const char *kind, const char *name)
{
	struct object *object = model_add(f->want, &class_link, "", name);

	object->position = (struct position){ .file = "t.yaml", .line = 3, .column = 9 };
	link_set_kind(object_link(object), kind_find(kind), f->arena);
	return object;
}

static void add_routed_bridge(struct fixture *f, const char *name)
{
	struct address value = { .interface = { NULL, name } };

	add_link(f, "bridge", name);
	assert_true(addr_parse_prefix(&value.address, "10.0.0.1/24"));
	*(struct address *)model_add(f->want, &class_address, "",
				     address_name(f->arena, name, &value.address))
		 ->data = value;
	f->host->forwards = true;
}

static void add_docker(struct fixture *f)
{
	struct rule_table *table = list_append(&f->host->tables, &record_rule_table, f->arena);
	struct rule_chain *chain = list_append(&table->chains, &record_rule_chain, f->arena);

	table->family = "ip";
	table->name = "filter";
	*chain = (struct rule_chain){ .name = "FORWARD", .is_base = true, .policy = VERDICT_DROP };
	chain = list_append(&table->chains, &record_rule_chain, f->arena);
	chain->name = "DOCKER-USER";
}

static const struct finding *judge(struct fixture *f, size_t expected)
{
	doctor_judge(&f->outlook, &f->findings);
	assert_int_equal(f->findings.list.n, expected);
	return f->findings.list.items;
}

static void expect(const struct finding *finding, const char *code, const char *message,
		   const char *fix)
{
	assert_string_equal(finding->row->code, code);
	assert_string_equal(finding->message, message);
	assert_string_equal(finding->fix, fix);
}

static void test_table_is_whole(void **state)
{
	const struct finding_row *row, *other;

	(void)state;
	for (row = finding_rows; row->code; row++) {
		assert_true(text_starts_with(row->code, "W-"));
		assert_non_null(row->look);
		assert_true(strlen(row->title) > 0 && strlen(row->explanation) > 100);
		assert_ptr_equal(finding_row_find(row->code), row);
		for (other = finding_rows; other != row; other++)
			assert_string_not_equal(other->code, row->code);
	}
	assert_null(finding_row_find("W-NOTHING"));
}

static void test_nothing_is_found_where_nothing_is(void **state)
{
	struct fixture *f = *state;

	add_routed_bridge(f, "br0");
	judge(f, 0);
}

static void test_a_foreign_drop_is_named_once(void **state)
{
	struct fixture *f = *state;
	const struct finding *found;

	add_routed_bridge(f, "br0");
	add_docker(f);
	judge(f, 1);
	found = judge(f, 1);
	expect(found, "W-DOCKER",
	       "chain ip filter FORWARD drops what comes from br0, answers to br0 and new "
	       "connections to br0: its policy is drop (Docker)",
	       "iptables -I DOCKER-USER -i br0 -j ACCEPT && iptables -I DOCKER-USER -o br0 -j "
	       "ACCEPT");
	assert_string_equal(found->address, "bridges/br0");
	assert_int_equal(found->position.line, 3);
}

static void test_a_legacy_table_is_told_apart(void **state)
{
	struct fixture *f = *state;
	struct rule_table *tables;
	const struct finding *found;

	add_routed_bridge(f, "br0");
	add_docker(f);
	add_docker(f);
	tables = f->host->tables.items;
	tables[1].is_legacy = true;
	found = judge(f, 2);
	expect(&found[1], "W-DOCKER",
	       "chain ip filter FORWARD of iptables-legacy drops what comes from br0, answers to "
	       "br0 and new connections to br0: its policy is drop (Docker)",
	       "iptables-legacy -I DOCKER-USER -i br0 -j ACCEPT && iptables-legacy -I DOCKER-USER "
	       "-o br0 -j ACCEPT");
	f->findings.list.n = 0;
	tables[1].name = "mangle";
	tables[1].chains.n = 1; /* FORWARD alone */
	found = judge(f, 2);
	assert_string_equal(found[1].row->code, "W-FORWARD");
	assert_string_equal(found[1].fix,
			    "iptables-legacy -t mangle -I FORWARD -i br0 -j ACCEPT && "
			    "iptables-legacy -t mangle -I FORWARD -o br0 -j ACCEPT");
}

static void test_a_plain_switch_is_nobodys_traffic(void **state)
{
	struct fixture *f = *state;

	add_link(f, "bridge", "br0"); /* no address: it does not route */
	f->host->forwards = true;
	add_docker(f);
	judge(f, 0);
}

static void test_names_are_quoted_in_commands(void **state)
{
	struct fixture *f = *state;
	const struct finding *found;

	add_routed_bridge(f, "b'$(x)");
	add_docker(f);
	found = judge(f, 1);
	assert_non_null(strstr(found->fix, "-i 'b'\\''$(x)' -j ACCEPT"));
}

static void test_without_a_topology_the_host_alone_is_judged(void **state)
{
	struct fixture *f = *state;

	f->outlook.topology = NULL;
	f->outlook.near.tun = ENOENT;
	add_docker(f);
	judge(f, 2);
}

static void test_switches_of_bridge_netfilter(void **state)
{
	struct fixture *f = *state;
	const struct finding *found;

	add_link(f, "bridge", "br0");
	f->host->bridge_ip = f->host->bridge_ip6 = true;
	judge(f, 0); /* no rules, no harm */
	add_docker(f);
	found = judge(f, 1);
	expect(found, "W-BRIDGE-NF",
	       "bridge-nf-call-iptables is 1: frames between the ports of br0 run through chain ip "
	       "filter FORWARD, which drops them",
	       "sysctls: {net.bridge.bridge-nf-call-iptables: 0}");
}

static void add_route(struct fixture *f, const char *to, uint32_t metric, const char *device)
{
	struct near_route *route = list_append(&f->host->routes, &record_near_route, f->arena);

	assert_true(addr_parse_prefix(&route->to, to));
	route->metric = metric;
	route->device = device;
}

static void test_reverse_path_counts_the_larger_value(void **state)
{
	struct fixture *f = *state;
	const struct finding *found;
	struct sysctl *sysctl;
	struct object *object;

	add_link(f, "veth", "v.1");
	add_route(f, "198.51.100.0/24", 0, "eth0");
	add_route(f, "198.51.100.0/24", 9, "v.1");
	judge(f, 0);
	f->host->rp_filter_all = 1;
	found = judge(f, 1);
	expect(found, "W-RP-FILTER",
	       "rp_filter of v.1 is strict (all 1, v.1 0): what comes in there from "
	       "198.51.100.0/24 is dropped, because the way back leaves by eth0 (metric 0, not 9)",
	       "sysctls: {net/ipv4/conf/v.1/rp_filter: 2}");
	f->findings.list.n = 0;
	f->host->rp_filter_default = 2; /* v.1 is still to be made */
	judge(f, 0);
	f->host->rp_filter_default = 0;
	object = model_add(f->want, &class_sysctl, "", "net/ipv4/conf/v.1/rp_filter");
	sysctl = object->data;
	sysctl->value = "2";
	judge(f, 0);
}

static void test_others_routes_alone_are_no_concern(void **state)
{
	struct fixture *f = *state;

	f->host->rp_filter_all = 1;
	add_route(f, "0.0.0.0/0", 100, "eth0");
	add_route(f, "0.0.0.0/0", 600, "wlan0");
	judge(f, 0);
}

static void test_limits_of_the_machine(void **state)
{
	struct fixture *f = *state;
	const struct finding *found;
	struct string_item *kind;

	model_add(f->want, &class_tunnel, "", "lan");
	add_link(f, "tap", "lan");
	add_link(f, "vxlan", "vx0");
	f->outlook.near.conntrack = 79;
	f->outlook.near.conntrack_max = 100;
	f->outlook.near.receive_buffer_max = 212992;
	f->outlook.near.can_exceed_buffer_max = true;
	judge(f, 0);
	f->outlook.near.conntrack = 80;
	f->outlook.near.tun = EACCES;
	f->outlook.near.can_exceed_buffer_max = false;
	kind = list_append(&f->outlook.near.no_kinds, &record_string_item, f->arena);
	kind->text = "vxlan";
	found = judge(f, 4);
	expect(&found[0], "W-CONNTRACK",
	       "80 of 100 connections are tracked (nf_conntrack_count, nf_conntrack_max): when the "
	       "table is full, new ones are dropped",
	       "sysctl -w net.netfilter.nf_conntrack_max=200");
	expect(&found[1], "W-TUN",
	       "/dev/net/tun cannot be opened (Permission denied): no tap, no tun and no tunnel can "
	       "be made, first of all lan",
	       "chmod 0666 /dev/net/tun");
	expect(&found[2], "W-KERNEL",
	       "this kernel cannot make interfaces of kind vxlan: vx0 cannot be made",
	       "modprobe vxlan");
	expect(&found[3], "W-BUFFER",
	       "net.core.rmem_max is 212992, and without privileges the worker of a tunnel gets no "
	       "larger buffer: bursts are lost at high rates",
	       "sysctl -w net.core.rmem_max=8388608");
	f->findings.list.n = 0;
	f->outlook.use = FINDING_ALWAYS; /* as in a plan */
	judge(f, 2);
}

static void test_network_manager_is_told_by_name(void **state)
{
	static const char *const patterns[] = { "interface-name:br*", "interface-name:=br0", "*" };
	struct fixture *f = *state;
	struct near_network_manager *manager = &f->outlook.near.network_manager;
	struct string_item *item;
	size_t i;

	add_link(f, "bridge", "br0");
	manager->is_running = true;
	judge(f, 1);
	item = list_append(&manager->unmanaged, &record_string_item, f->arena);
	for (i = 0; i < 3; i++) {
		f->findings.list.n = 0;
		item->text = patterns[i];
		judge(f, 0);
	}
	item = list_append(&manager->unmanaged, &record_string_item, f->arena);
	item->text = "except:interface-name:br0";
	judge(f, 1);
}

static char *printed(void (*print)(FILE *, const struct findings *, bool),
		     const struct findings *findings)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	print(file, findings, false);
	fclose(file);
	return text;
}

static void test_output(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *nothing = printed(findings_print_warnings, &f->findings);
	AUTO_FREE char *none = printed(findings_print, &f->findings);
	AUTO_FREE char *warnings = NULL, *all = NULL;

	assert_string_equal(nothing ? nothing : "", "");
	assert_string_equal(none, "nothing found\n");
	add_link(f, "bridge", "br0");
	f->host->bridge_ip = true;
	add_docker(f);
	judge(f, 1);
	warnings = printed(findings_print_warnings, &f->findings);
	assert_string_equal(
		warnings,
		"\n  ! W-BRIDGE-NF  bridge-nf-call-iptables is 1: frames between the ports of br0 run "
		"through chain\n"
		"                 ip filter FORWARD, which drops them\n"
		"                 Fix: sysctls: {net.bridge.bridge-nf-call-iptables: 0}\n"
		"  (vnetapply doctor CODE tells more)\n");
	all = printed(findings_print, &f->findings);
	assert_string_equal(
		all, "W-BRIDGE-NF  frames that a bridge switches run through firewall rules  "
		     "t.yaml:3\n"
		     "  bridge-nf-call-iptables is 1: frames between the ports of br0 run through "
		     "chain ip filter\n"
		     "  FORWARD, which drops them\n"
		     "  Fix: sysctls: {net.bridge.bridge-nf-call-iptables: 0}\n\n"
		     "1 found  (vnetapply doctor CODE tells more)\n");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_whole),
		WITH_FIXTURE(test_nothing_is_found_where_nothing_is),
		WITH_FIXTURE(test_a_foreign_drop_is_named_once),
		WITH_FIXTURE(test_a_legacy_table_is_told_apart),
		WITH_FIXTURE(test_a_plain_switch_is_nobodys_traffic),
		WITH_FIXTURE(test_names_are_quoted_in_commands),
		WITH_FIXTURE(test_without_a_topology_the_host_alone_is_judged),
		WITH_FIXTURE(test_switches_of_bridge_netfilter),
		WITH_FIXTURE(test_reverse_path_counts_the_larger_value),
		WITH_FIXTURE(test_others_routes_alone_are_no_concern),
		WITH_FIXTURE(test_limits_of_the_machine),
		WITH_FIXTURE(test_network_manager_is_told_by_name),
		WITH_FIXTURE(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
