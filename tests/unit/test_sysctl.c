/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The backend of sysctls against the kernel: who holds a value, and what is put back. */
#include "backends/backends.h"
#include "backends/place.h"
#include "backends/sysctl/value.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/sysctl.h"
#include "tests/unit/own_namespaces.h"

#include <errno.h>
#include <linux/sockios.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cmocka.h>

#define FORWARD	 "net.ipv4.ip_forward"
#define FORWARD6 "net.ipv6.conf.all.forwarding"
#define BRIDGE	 "net.ipv4.conf.br7.forwarding"
#define RECORDS	 "/run/vnetapply/.sysctl"

static const struct scope one = { .topology = "one" }, two = { .topology = "two" };
static struct places *places;

static void succeeds(int r, const struct error *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

static int setup(void **state)
{
	struct error err;

	(void)state;
	return own_namespaces(NULL) < 0 ? -1 : places_open(&places, &err);
}

static int teardown(void **state)
{
	(void)state;
	places_close(places);
	return 0;
}

static void bridge(unsigned long request, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, request, name), 0);
	close(fd);
}

/* With dots, as it is now. The text stays until the next call but one. */
static const char *value(const char *name)
{
	static char values[2][256];
	static unsigned turn;
	struct text text = { 0 };
	struct arena *arena = arena_new();
	struct error err;
	char *ret = values[turn++ % 2];

	succeeds(value_read(sysctl_path(arena, name), &text, &err), &err);
	snprintf(ret, sizeof(values[0]), "%s", text_get(&text));
	text_free(&text);
	arena_free(arena);
	return ret;
}

static void set(const char *name, const char *to)
{
	struct arena *arena = arena_new();
	struct error err;

	succeeds(value_write(sysctl_path(arena, name), to, &err), &err);
	arena_free(arena);
}

/* One run of a program: opens, observes, applies one change, closes. */
static int run(const struct scope *scope, enum change_op op, const char *name, const char *to,
	       struct error *err)
{
	const struct backend_options options = { .scope = scope, .places = places };
	struct model *want = model_new(), *have = model_new();
	struct object *object = model_add(want, &class_sysctl, "", name);
	struct change change = { .op = op };
	const struct change *const changes[] = { &change };
	struct backend_ctx *ctx;
	size_t done;
	int r;

	((struct sysctl *)object->data)->value = to;
	succeeds(backend_sysctl.open(&ctx, &options, err), err);
	succeeds(backend_sysctl.observe(ctx, want, have, err), err);
	change.have = model_find(have, &class_sysctl, "", name);
	change.have = change.have ? change.have : object;
	change.want = op == CHANGE_DELETE ? NULL : object;
	r = backend_sysctl.apply(ctx, changes, 1, &done, err);
	backend_sysctl.close(ctx);
	model_free(want);
	model_free(have);
	return r;
}

static void hold(const struct scope *scope, const char *name, const char *to)
{
	struct error err;

	succeeds(run(scope, CHANGE_UPDATE, name, to, &err), &err);
	assert_string_equal(value(name), to);
}

static void release(const struct scope *scope, const char *name)
{
	struct error err;

	succeeds(run(scope, CHANGE_DELETE, name, "", &err), &err);
}

/* What scope sees of a key, wanted or not; false: nothing. */
static bool observe(const struct scope *scope, const char *name, bool wanted, struct sysctl *ret,
		    enum owner *owner)
{
	const struct backend_options options = { .scope = scope, .places = places };
	struct model *want = model_new(), *have = model_new();
	const struct object *object;
	struct backend_ctx *ctx;
	struct error err;

	if (wanted)
		model_add(want, &class_sysctl, "", name);
	succeeds(backend_sysctl.open(&ctx, &options, &err), &err);
	succeeds(backend_sysctl.observe(ctx, want, have, &err), &err);
	backend_sysctl.close(ctx);
	object = model_find(have, &class_sysctl, "", name);
	if (object) {
		*ret = *(const struct sysctl *)object->data;
		*owner = object->owner;
	}
	model_free(want);
	model_free(have);
	return object;
}

static void test_a_value_of_nobody_is_seen_only_if_wanted(void **state)
{
	struct sysctl seen;
	enum owner owner;

	(void)state;
	assert_false(observe(&one, FORWARD, false, &seen, &owner));
	assert_true(observe(&one, FORWARD, true, &seen, &owner));
	assert_true(seen.held);
	assert_int_equal(owner, OWNER_FOREIGN);
	assert_int_equal(access(RECORDS, F_OK), -1);
}

static void test_the_last_holder_puts_the_original_back(void **state)
{
	struct sysctl seen;
	enum owner owner;

	(void)state;
	hold(&one, FORWARD, "1");
	assert_true(observe(&two, FORWARD, true, &seen, &owner));
	assert_false(seen.held);
	assert_false(observe(&two, FORWARD, false, &seen, &owner));
	assert_true(observe(&one, FORWARD, false, &seen, &owner));
	assert_int_equal(owner, OWNER_OURS);
	hold(&two, FORWARD, "1");
	release(&one, FORWARD);
	assert_string_equal(value(FORWARD), "1");
	release(&two, FORWARD);
	assert_string_equal(value(FORWARD), "0");
	assert_int_equal(access(RECORDS, F_OK), -1);
}

static void test_a_value_changed_by_others_is_left_alone(void **state)
{
	(void)state;
	hold(&one, "net.ipv4.ip_default_ttl", "70");
	set("net.ipv4.ip_default_ttl", "71");
	release(&one, "net.ipv4.ip_default_ttl");
	assert_string_equal(value("net.ipv4.ip_default_ttl"), "71");
	set("net.ipv4.ip_default_ttl", "64");
}

static void test_the_other_holder_gets_its_value_back(void **state)
{
	(void)state;
	hold(&one, "net.ipv4.ip_default_ttl", "70");
	hold(&two, "net.ipv4.ip_default_ttl", "71");
	release(&two, "net.ipv4.ip_default_ttl");
	assert_string_equal(value("net.ipv4.ip_default_ttl"), "70");
	release(&one, "net.ipv4.ip_default_ttl");
	assert_string_equal(value("net.ipv4.ip_default_ttl"), "64");
}

/* ip_forward overwrites every interface's own value. */
static void test_forwarding_restores_interfaces(void **state)
{
	(void)state;
	bridge(SIOCBRADDBR, "br7");
	bridge(SIOCBRADDBR, "br8");
	set(BRIDGE, "1");
	hold(&one, FORWARD, "1");
	assert_string_equal(value("net.ipv4.conf.br8.forwarding"), "1");
	set("net.ipv4.conf.lo.forwarding", "0"); /* somebody's own idea, kept */
	release(&one, FORWARD);
	assert_string_equal(value(FORWARD), "0");
	assert_string_equal(value(BRIDGE), "1");
	assert_string_equal(value("net.ipv4.conf.br8.forwarding"), "0");
	assert_string_equal(value("net.ipv4.conf.default.forwarding"), "0");
	set("net.ipv6.conf.br8.forwarding", "1");
	hold(&one, FORWARD6, "1");
	release(&one, FORWARD6);
	assert_string_equal(value("net.ipv6.conf.br7.forwarding"), "0");
	assert_string_equal(value("net.ipv6.conf.br8.forwarding"), "1");
	bridge(SIOCBRDELBR, "br7");
	bridge(SIOCBRDELBR, "br8");
}

/* In either order: the interface's original is what it was before the general key overwrote it. */
static void test_general_and_own_key_together(void **state)
{
	unsigned general_first;

	(void)state;
	bridge(SIOCBRADDBR, "br7");
	for (general_first = 0; general_first < 2; general_first++) {
		hold(&one, FORWARD, "1");
		hold(&one, BRIDGE, "0");
		release(&one, general_first ? FORWARD : BRIDGE);
		release(&one, general_first ? BRIDGE : FORWARD);
		assert_string_equal(value(FORWARD), "0");
		assert_string_equal(value(BRIDGE), "0");
	}
	bridge(SIOCBRDELBR, "br7");
}

static void test_an_interface_made_anew_has_no_record(void **state)
{
	struct sysctl seen;
	enum owner owner;

	(void)state;
	bridge(SIOCBRADDBR, "br7");
	hold(&one, BRIDGE, "1");
	bridge(SIOCBRDELBR, "br7");
	assert_false(observe(&one, BRIDGE, false, &seen, &owner));
	release(&one, BRIDGE); /* gone with it */
	bridge(SIOCBRADDBR, "br7");
	assert_false(observe(&one, BRIDGE, false, &seen, &owner));
	hold(&one, BRIDGE, "1");
	release(&one, BRIDGE);
	assert_string_equal(value(BRIDGE), "0");
	bridge(SIOCBRDELBR, "br7");
}

static void test_errors_say_what_to_do(void **state)
{
	static const struct {
		const char *name, *value, *part;
		int code;
	} vectors[] = {
		{ "net.ipv4.ip_foward", "1", "the kernel has no such key here; near it: ip_forward",
		  ENOENT },
		{ "kernel.hostname", "x", "only keys of net can be set in a place", EINVAL },
		{ "net/../kernel/hostname", "x", "only keys of net", EINVAL },
		{ "net.ipv4.ip_default_ttl", "abc", "write 'abc': Invalid argument", EINVAL },
		{ "net.ipv4.ip_default_ttl", "070", "the kernel makes '56' of '070'", EINVAL },
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct backend_options options = { .scope = &one, .places = places };
		struct model *want = model_new();
		struct object *object = model_add(want, &class_sysctl, "", vectors[i].name);
		const struct change change = { .op = CHANGE_CREATE, .want = object };
		const struct change *const changes[] = { &change };
		struct backend_ctx *ctx;
		size_t done;

		((struct sysctl *)object->data)->value = vectors[i].value;
		succeeds(backend_sysctl.open(&ctx, &options, &err), &err);
		assert_int_equal(backend_sysctl.apply(ctx, changes, 1, &done, &err),
				 -vectors[i].code);
		if (!strstr(err.text, vectors[i].part))
			fail_msg("%s", err.text);
		backend_sysctl.close(ctx);
		model_free(want);
	}
	assert_string_equal(value("net.ipv4.ip_default_ttl"), "64");
	if (access(RECORDS, F_OK) == 0) /* empty, or gone: a failed change leaves no record */
		assert_int_equal(rmdir(RECORDS), 0);
}

static void test_values_are_normalized(void **state)
{
	char text[] = " \t4096  131072\t6291456 \n";

	(void)state;
	value_normalize(text);
	assert_string_equal(text, "4096 131072 6291456");
	hold(&one, "net.ipv4.ip_local_port_range", "40000 50000"); /* read back with a tab */
	release(&one, "net.ipv4.ip_local_port_range");
	assert_string_equal(value("net.ipv4.ip_local_port_range"), "32768 60999");
}

static void test_a_link_in_place_of_the_records_is_refused(void **state)
{
	const struct backend_options options = { .scope = &one, .places = places };
	struct model *want = model_new(), *have = model_new();
	struct backend_ctx *ctx;
	struct error err;

	(void)state;
	mkdir("/run/vnetapply", 0755);
	assert_int_equal(symlink("/tmp", RECORDS), 0);
	succeeds(backend_sysctl.open(&ctx, &options, &err), &err);
	assert_true(backend_sysctl.observe(ctx, want, have, &err) < 0);
	backend_sysctl.close(ctx);
	model_free(want);
	model_free(have);
	assert_int_equal(unlink(RECORDS), 0);
	assert_string_equal(value(FORWARD), "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_of_nobody_is_seen_only_if_wanted),
		cmocka_unit_test(test_the_last_holder_puts_the_original_back),
		cmocka_unit_test(test_a_value_changed_by_others_is_left_alone),
		cmocka_unit_test(test_the_other_holder_gets_its_value_back),
		cmocka_unit_test(test_forwarding_restores_interfaces),
		cmocka_unit_test(test_general_and_own_key_together),
		cmocka_unit_test(test_an_interface_made_anew_has_no_record),
		cmocka_unit_test(test_errors_say_what_to_do),
		cmocka_unit_test(test_values_are_normalized),
		cmocka_unit_test(test_a_link_in_place_of_the_records_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
