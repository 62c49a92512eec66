/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans as people read them, from models made by hand. */
#include "cmd/output_plan.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/kinds.h"
#include "model/link.h"
#include "model/nft_table.h"
#include "model/route.h"
#include "model/sysctl.h"
#include "model/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct object *add(struct model *model, const struct class *class, const char *place,
			  const char *name, uint32_t line)
{
	struct object *object = model_add(model, class, place, name);

	object->position = (struct position){ .file = "t.yaml", .line = line, .column = 3 };
	return object;
}

static struct link *add_link(struct model *model, const char *kind, const char *place,
			     const char *name, uint32_t line)
{
	struct link *link = object_link(add(model, &class_link, place, name, line));

	link_set_kind(link, kind_find(kind), model_arena(model));
	return link;
}

static void add_veth(struct model *model, uint32_t mtu)
{
	struct link *inside = add_link(model, "veth", "blue", "eth0", 9);
	struct link *outside = add_link(model, "veth", "", "blue-eth0", 9);

	inside->peer = (struct ref){ "", "blue-eth0" };
	outside->peer = (struct ref){ "blue", "eth0" };
	outside->master = (struct ref){ "", "br0" };
	inside->mtu = outside->mtu = mtu;
}

static void add_address(struct model *model, const char *place, const char *interface,
			const char *text, uint32_t line)
{
	struct address value = { .interface = { NULL, interface } };
	const char *name;

	assert_true(addr_parse_prefix(&value.address, text));
	name = address_name(model_arena(model), interface, &value.address);
	*(struct address *)add(model, &class_address, place, name, line)->data = value;
}

static void add_dnat(struct model *model, struct object *table, const char *port, const char *to,
		     uint32_t line)
{
	struct nft_table *rules = table->data;
	struct dnat *dnat = list_append(&rules->dnat, &record_dnat, model_arena(model));

	dnat->item.position = (struct position){ .file = "t.yaml", .line = line, .column = 9 };
	dnat->port = port;
	dnat->to = to;
}

/* noinline: gcc 12 thinks that the stream still writes to `data`. */
static __attribute__((noinline)) char *planned(const struct model *want, const struct model *have)
{
	const struct plan_heading heading = { .name = "net", .host = "alpha" };
	struct plan *plan = NULL;
	struct error err;
	char *data = NULL;
	size_t size;
	FILE *file = open_memstream(&data, &size);

	assert_int_equal(plan_build(&plan, want, have, &err), 0);
	output_plan(file, plan, &heading);
	fclose(file);
	plan_free(plan);
	return data;
}

static void expect(struct model *want, struct model *have, const char *expected)
{
	AUTO_FREE char *actual = planned(want, have);

	assert_string_equal(actual, expected);
	model_free(want);
	model_free(have);
}

static void test_plan_groups_what_belongs_together(void **state)
{
	struct model *want = model_new();
	struct object *table;

	(void)state;
	add(want, &class_netns, "", "blue", 8);
	add_link(want, "bridge", "", "br0", 5)->mtu = 1450;
	add_veth(want, 1450);
	add_address(want, "blue", "eth0", "10.0.0.2/24", 9);
	add_address(want, "", "br0", "10.0.0.1/24", 5);
	table = add(want, &class_nft_table, "", "vnet_net", 0);
	table->position.file = NULL;
	add_dnat(want, table, "8080", "10.0.0.2:80", 11);
	expect(want, model_new(),
	       "net on alpha: 7 to create  (0 unchanged)\n"
	       "\n"
	       "  + bridge    br0                                    t.yaml:5\n"
	       "      + address     10.0.0.1/24\n"
	       "      + mtu         1450                             derived\n"
	       "  + rules     host\n"
	       "      + dnat        tcp 8080 -> 10.0.0.2:80          t.yaml:11\n"
	       "  + namespace blue                                   t.yaml:8\n"
	       "  + link      blue/eth0  <->  host/blue-eth0         t.yaml:9\n"
	       "      + address     10.0.0.2/24\n"
	       "      + mtu         1450                             derived\n"
	       "      + master      br0                              host/blue-eth0\n"
	       "\n"
	       "  (+ made)\n");
}

static void test_plan_shows_old_and_new_values(void **state)
{
	struct model *want = model_new(), *have = model_new();
	struct object *table;

	(void)state;
	add_link(want, "bridge", "", "br0", 5)->mtu = 1450;
	add_link(have, "bridge", "", "br0", 0)->mtu = 1500;
	((struct sysctl *)add(want, &class_sysctl, "", "net.ipv4.ip_forward", 3)->data)->value =
		"1";
	((struct sysctl *)add(have, &class_sysctl, "", "net.ipv4.ip_forward", 0)->data)->value =
		"0";
	table = add(want, &class_nft_table, "", "vnet_net", 1);
	add_dnat(want, table, "80", "10.0.0.2:80", 11);
	add_dnat(want, table, "443", "10.0.0.2:443", 12);
	table = add(have, &class_nft_table, "", "vnet_net", 0);
	add_dnat(have, table, "22", "10.0.0.2:22", 0);
	add_dnat(have, table, "80", "10.0.0.2:80", 0);
	add_link(have, "tap", "", "old", 0);
	expect(want, have,
	       "net on alpha: 3 to change, 1 to remove  (0 unchanged)\n"
	       "\n"
	       "  ~ sysctl    net.ipv4.ip_forward  0 -> 1            t.yaml:3\n"
	       "  ~ bridge    br0                                    t.yaml:5\n"
	       "      ~ mtu         1500 -> 1450                     no interruption\n"
	       "  - tap       old                                    no longer in the file\n"
	       "  ~ rules     host                                   t.yaml:1\n"
	       "      - dnat        tcp 22 -> 10.0.0.2:22\n"
	       "      + dnat        tcp 443 -> 10.0.0.2:443          t.yaml:12\n"
	       "\n"
	       "  (- removed, ~ changed)\n");
}

static void test_remade_object_is_one_entry_with_its_reason(void **state)
{
	struct model *want = model_new(), *have = model_new();

	(void)state;
	add_link(want, "tap", "", "x0", 5);
	add_link(have, "bridge", "", "x0", 0);
	expect(want, have,
	       "net on alpha: 1 to remake  (0 unchanged)\n"
	       "\n"
	       " -/+ tap      x0                                     t.yaml:5  ! type bridge -> tap\n"
	       "\n"
	       "  (-/+ remade)\n");
}

static void test_nothing_to_do_is_one_line(void **state)
{
	struct model *want = model_new(), *have = model_new();

	(void)state;
	add_link(want, "tap", "", "x0", 5);
	add_link(have, "tap", "", "x0", 0);
	expect(want, have, "net on alpha: nothing to do  (1 unchanged)\n");
}

static void test_names_cannot_write_to_the_terminal(void **state)
{
	struct model *have = model_new();

	(void)state;
	add_link(have, "tap", "", "a\033[2Jb", 0);
	expect(model_new(), have,
	       "net on alpha: 1 to remove  (0 unchanged)\n"
	       "\n"
	       "  - tap       a?[2Jb                                 no longer in the file\n"
	       "\n"
	       "  (- removed)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_groups_what_belongs_together),
		cmocka_unit_test(test_plan_shows_old_and_new_values),
		cmocka_unit_test(test_remade_object_is_one_entry_with_its_reason),
		cmocka_unit_test(test_nothing_to_do_is_one_line),
		cmocka_unit_test(test_names_cannot_write_to_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
