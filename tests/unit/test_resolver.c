/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The backend of name look-ups, on an empty /etc of the test's own. */
#include "backends/backends.h"
#include "backends/resolver/files.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "tests/unit/own_namespaces.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <cmocka.h>

static const struct scope scope = { .topology = "lab" };
static struct backend_ctx *backend;

#define MARK_RED "# vnetapply lab: namespace red; do not edit, it is written anew\n"

static void succeeds(int r, const struct error *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

static int setup(void **state)
{
	(void)state;
	return own_namespaces("/etc");
}

/* Each test with a backend of its own: it reads the host's nsswitch.conf once. */
static int test_setup(void **state)
{
	const struct backend_options options = { .scope = &scope };
	struct error err;

	(void)state;
	return backend_resolver.open(&backend, &options, &err);
}

static int test_teardown(void **state)
{
	(void)state;
	backend_resolver.close(backend);
	unlink("/etc/nsswitch.conf");
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_file(const char *path, const char *expected)
{
	char text[1024] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static struct object *resolver_new(struct model *model, const char *const *servers,
				   const char *const *hosts)
{
	struct object *object = model_add(model, &class_resolver, "", "red");
	struct resolver *resolver = object->data;

	for (; *servers; servers++) {
		struct addr_item *item =
			list_append(&resolver->nameservers, &record_addr_item, model_arena(model));

		assert_true(addr_parse(&item->addr, *servers));
	}
	for (; *hosts; hosts += 2) {
		struct extra_host *host =
			list_append(&resolver->extra_hosts, &record_extra_host, model_arena(model));

		host->item.name = hosts[0];
		assert_true(addr_parse(&host->address, hosts[1]));
	}
	return object;
}

static int change(enum change_op op, const struct object *want, const struct object *have,
		  struct error *err)
{
	const struct change one = { .op = op, .want = want, .have = have };
	const struct change *const changes[] = { &one };
	size_t done;

	return backend_resolver.apply(backend, changes, 1, &done, err);
}

static void apply(enum change_op op, const struct object *want, const struct object *have)
{
	struct error err;

	succeeds(change(op, want, have, &err), &err);
}

static struct object *observe(const struct model *want, struct model *have)
{
	struct error err;

	succeeds(backend_resolver.observe(backend, want, have, &err), &err);
	return model_find(have, &class_resolver, "", "red");
}

static const char *const servers[] = { "10.0.0.1", "2001:db8::1", NULL };
static const char *const hosts[] = { "db",	  "10.0.0.3",  "db6", "2001:db8::3",
				     "localhost", "127.0.0.1", NULL };
static const char *const none[] = { NULL };

static void test_files_are_written_read_back_and_removed(void **state)
{
	struct model *want = model_new(), *have = model_new(), *empty = model_new();
	struct object *wanted = resolver_new(want, servers, hosts), *found;

	(void)state;
	umask(077);
	apply(CHANGE_CREATE, wanted, NULL);
	umask(022);
	expect_file("/etc/netns/red/resolv.conf",
		    MARK_RED "nameserver 10.0.0.1\nnameserver 2001:db8::1\n");
	expect_file("/etc/netns/red/hosts",
		    MARK_RED "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			     "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
			     "10.0.0.3\tdb\n2001:db8::3\tdb6\n127.0.0.1\tlocalhost\n");
	assert_int_equal(access("/etc/netns/red/nsswitch.conf", F_OK), -1);
	found = observe(empty, have);
	assert_non_null(found);
	assert_int_equal(found->owner, OWNER_OURS);
	assert_int_equal(object_diff(wanted, found), 0);
	apply(CHANGE_DELETE, NULL, found);
	apply(CHANGE_DELETE, NULL, found);
	assert_int_equal(access("/etc/netns", F_OK), -1);
	model_free(want);
	model_free(have);
	model_free(empty);
}

static void test_a_file_no_longer_wanted_goes(void **state)
{
	struct model *want = model_new(), *less = model_new();
	struct object *wanted = resolver_new(want, servers, hosts);
	struct object *wanted_less = resolver_new(less, servers, none);

	(void)state;
	apply(CHANGE_CREATE, wanted, NULL);
	apply(CHANGE_UPDATE, wanted_less, wanted);
	assert_int_equal(access("/etc/netns/red/hosts", F_OK), -1);
	assert_int_equal(access("/etc/netns/red/resolv.conf", F_OK), 0);
	apply(CHANGE_DELETE, NULL, wanted_less);
	model_free(want);
	model_free(less);
}

static void test_an_edit_is_noticed_put_right_and_undone(void **state)
{
	static const char edit[] =
		MARK_RED "nameserver 10.0.0.1\nnameserver 2001:db8::1\noptions rotate\n";
	struct model *want = model_new(), *have = model_new();
	struct object *wanted = resolver_new(want, servers, none), *found;

	(void)state;
	apply(CHANGE_CREATE, wanted, NULL);
	put("/etc/netns/red/resolv.conf", edit);
	found = observe(want, have);
	assert_true(((struct resolver *)found->data)->altered);
	apply(CHANGE_UPDATE, wanted, found);
	expect_file("/etc/netns/red/resolv.conf",
		    MARK_RED "nameserver 10.0.0.1\nnameserver 2001:db8::1\n");
	apply(CHANGE_UPDATE, found, wanted);
	expect_file("/etc/netns/red/resolv.conf", edit);
	apply(CHANGE_DELETE, NULL, wanted);
	model_free(want);
	model_free(have);
}

static void test_files_of_others_stay(void **state)
{
	struct model *want = model_new(), *have = model_new(), *empty = model_new();
	struct object *wanted = resolver_new(want, servers, none), *found;
	struct error err;

	(void)state;
	mkdir("/etc/netns", 0755);
	mkdir("/etc/netns/red", 0755);
	put("/etc/netns/red/hosts", "10.9.9.9 mine\n");
	put("/etc/netns/red/resolv.conf", "# vnetapply lab2: another topology\n");
	assert_null(observe(empty, have));
	found = observe(want, have);
	assert_non_null(found);
	assert_int_equal(found->owner, OWNER_FOREIGN);
	assert_int_equal(change(CHANGE_CREATE, wanted, NULL, &err), -EEXIST);
	assert_string_equal(err.text, "resolver of red: resolv.conf is there and not ours");
	unlink("/etc/netns/red/resolv.conf");
	apply(CHANGE_CREATE, wanted, NULL);
	apply(CHANGE_DELETE, NULL, wanted);
	expect_file("/etc/netns/red/hosts", "10.9.9.9 mine\n");
	unlink("/etc/netns/red/hosts");
	rmdir("/etc/netns/red");
	model_free(want);
	model_free(have);
	model_free(empty);
}

static void test_resolved_is_not_asked_in_the_namespace(void **state)
{
	static const struct {
		const char *host, *expected;
	} vectors[] = {
		{ "hosts: files dns\n", NULL },
		{ "passwd: files\nhosts:\tfiles resolve [!UNAVAIL=return] dns # why\nx: y\n",
		  "passwd: files\nhosts: files dns\nx: y\n" },
		{ "hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns",
		  "hosts: mymachines files myhostname dns\n" },
		{ "hosts: files[NOTFOUND=continue]  resolve[ !UNAVAIL = return ]\n",
		  "hosts: files [NOTFOUND=continue] dns\n" },
	};
	struct model *want = model_new();
	const struct object *wanted = resolver_new(want, servers, none);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		AUTO_TEXT struct text text = { 0 };

		resolver_write(RESOLVER_NSSWITCH, wanted->data, "lab", "red", vectors[i].host,
			       &text);
		if (!vectors[i].expected) {
			assert_int_equal(text.length, 0);
			continue;
		}
		assert_true(resolver_is_marked(text_get(&text), "lab"));
		assert_string_equal(strchr(text_get(&text), '\n') + 1, vectors[i].expected);
	}
	model_free(want);
}

static void test_nsswitch_follows_the_host(void **state)
{
	struct model *want = model_new(), *have = model_new();
	struct object *wanted = resolver_new(want, servers, none), *found;

	(void)state;
	put("/etc/nsswitch.conf", "hosts: resolve dns\n");
	apply(CHANGE_CREATE, wanted, NULL);
	expect_file("/etc/netns/red/nsswitch.conf", MARK_RED "hosts: dns\n");
	found = observe(want, have);
	assert_int_equal(object_diff(wanted, found), 0);
	apply(CHANGE_DELETE, NULL, wanted);
	assert_int_equal(access("/etc/netns", F_OK), -1);
	model_free(want);
	model_free(have);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files_are_written_read_back_and_removed),
		TEST(test_a_file_no_longer_wanted_goes),
		TEST(test_an_edit_is_noticed_put_right_and_undone),
		TEST(test_files_of_others_stay),
		TEST(test_resolved_is_not_asked_in_the_namespace),
		TEST(test_nsswitch_follows_the_host),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
