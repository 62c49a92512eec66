/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tunnel backend with real workers, in namespaces of this test's own: what it makes it sees, a dead
 * worker is missing, and so is one that was left behind in a namespace of the past.
 */
#include "backends/backends.h"
#include "backends/place.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

static const struct scope scope = { .topology = "test" };
static struct backend_ctx *ctx;
static struct places *places;
static struct model *want, *have;
static struct object *host_tunnel, *red_tunnel;
static bool able;
static int old_mounts = -1;

static void write_file(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static bool enter_namespaces(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[32];

	if (access("/dev/net/tun", W_OK) != 0)
		return false;
	/* While the old mounts live, /proc/self/exe still has our whole path. */
	old_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (uid != 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			return false;
		write_file("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", uid);
		write_file("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "0 %u 1", gid);
		write_file("/proc/self/gid_map", map);
	}
	return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
}

/* The backend looks for the worker beside this program; the one of this build is two levels up. */
static void link_worker(void)
{
	char path[4096] = { 0 };
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	assert_true(n > 0);
	strcpy(strrchr(path, '/'), "/vnettunnel");
	assert_true(symlink("../../vnettunnel", path) == 0 || errno == EEXIST);
}

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static struct object *tunnel_new(const char *place)
{
	struct object *object = model_add(want, &class_tunnel, place, "lan");
	struct tunnel *tunnel = object->data;
	struct tunnel_peer *peer =
		list_append(&tunnel->peers, &record_tunnel_peer, model_arena(want));

	tunnel->encryption = TUNNEL_NONE;
	tunnel->interface.name = "vtap0";
	peer->name = "beta";
	peer->endpoint = "192.0.2.5:40000";
	return object;
}

static int group_setup(void **state)
{
	struct backend_options options = { .scope = &scope };
	struct error err;

	(void)state;
	link_worker();
	able = enter_namespaces();
	if (!able)
		return 0;
	run("mkdir /run/netns && ip tuntap add vtap0 mode tap &&"
	    " ip netns add red && ip -n red tuntap add vtap0 mode tap");
	assert_int_equal(places_open(&places, &err), 0);
	options.places = places;
	assert_int_equal(backend_tunnel.open(&ctx, &options, &err), 0);
	want = model_new();
	host_tunnel = tunnel_new("");
	red_tunnel = tunnel_new("red");
	return 0;
}

static int change(enum change_op op, const struct object *object, struct error *err)
{
	const struct change one = { .op = op,
				    .want = op == CHANGE_DELETE ? NULL : object,
				    .have = op == CHANGE_CREATE ? NULL : object };
	const struct change *const changes[] = { &one };
	size_t done;
	int r = backend_tunnel.apply(ctx, changes, 1, &done, err);

	assert_int_equal(done, r == 0);
	return r;
}

static void apply(enum change_op op, const struct object *object)
{
	struct error err;

	if (change(op, object, &err) < 0)
		fail_msg("%s", err.text);
}

static int group_teardown(void **state)
{
	struct error err;

	(void)state;
	if (!able)
		return 0;
	(void)change(CHANGE_DELETE, host_tunnel, &err);
	(void)change(CHANGE_DELETE, red_tunnel, &err);
	backend_tunnel.close(ctx);
	places_close(places);
	model_free(want);
	model_free(have);
	close(old_mounts);
	return 0;
}

static void observe(void)
{
	struct error err;

	model_free(have);
	have = model_new();
	if (backend_tunnel.observe(ctx, want, have, &err) < 0)
		fail_msg("%s", err.text);
}

static bool is_there(const struct object *object)
{
	return model_find(have, &class_tunnel, object->place, object->name) != NULL;
}

static bool is_as_wanted(const struct object *object)
{
	const struct object *live = model_find(have, &class_tunnel, object->place, object->name);

	return live && live->owner == OWNER_OURS && object_diff(object, live) == 0;
}

/* The worker of the host's tunnel; the key is SHA-256 of "host/lan". */
static pid_t host_worker(void)
{
	struct sockaddr_un address = { AF_UNIX, "/run/vnetapply/test/296f966e7815.sock" };
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct ucred peer;
	socklen_t length = sizeof(peer);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length), 0);
	return peer.pid;
}

static void need_namespaces(void)
{
	if (able)
		return;
	print_message("no namespaces, or /dev/net/tun is not writable\n");
	skip();
}

static void test_created_tunnels_are_observed(void **state)
{
	(void)state;
	need_namespaces();
	observe();
	assert_int_equal(model_count(have), 0);
	apply(CHANGE_CREATE, host_tunnel);
	apply(CHANGE_CREATE, red_tunnel);
	observe();
	assert_int_equal(model_count(have), 2);
	assert_true(is_as_wanted(host_tunnel));
	assert_true(is_as_wanted(red_tunnel));
}

static void test_update_reaches_the_running_worker(void **state)
{
	struct tunnel *tunnel;
	pid_t pid;

	(void)state;
	need_namespaces();
	tunnel = host_tunnel->data;
	pid = host_worker();
	tunnel->settings.mac_learning = false;
	tunnel->port = 40001;
	observe();
	assert_false(is_as_wanted(host_tunnel));
	apply(CHANGE_UPDATE, host_tunnel);
	observe();
	assert_true(is_as_wanted(host_tunnel));
	assert_int_equal(host_worker(), pid);
}

static void test_refused_update_changes_nothing(void **state)
{
	struct tunnel_peer *peer;
	struct error err;

	(void)state;
	need_namespaces();
	peer = ((struct tunnel *)host_tunnel->data)->peers.items;
	peer->endpoint = "224.0.0.1:40000";
	assert_int_equal(change(CHANGE_UPDATE, host_tunnel, &err), -EINVAL);
	assert_string_equal(err.text, "host/lan: peer beta: expected a unicast address and a port");
	peer->endpoint = "192.0.2.5:40000";
	observe();
	assert_true(is_as_wanted(host_tunnel));
}

static void test_dead_worker_is_missing(void **state)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	(void)state;
	need_namespaces();
	assert_int_equal(kill(host_worker(), SIGKILL), 0);
	for (int i = 0; i < 200 && (observe(), is_there(host_tunnel)); i++)
		nanosleep(&pause, NULL);
	assert_false(is_there(host_tunnel));
	assert_true(is_as_wanted(red_tunnel));
	apply(CHANGE_CREATE, host_tunnel);
	observe();
	assert_true(is_as_wanted(host_tunnel));
}

static void test_worker_in_a_past_namespace_is_replaced(void **state)
{
	(void)state;
	need_namespaces();
	run("ip netns del red && ip netns add red && ip -n red tuntap add vtap0 mode tap");
	place_forget(places, "red");
	observe();
	assert_false(is_there(red_tunnel));
	apply(CHANGE_CREATE, red_tunnel);
	observe();
	assert_true(is_as_wanted(red_tunnel));
}

static void test_failed_creation_leaves_no_worker(void **state)
{
	struct tunnel *tunnel;
	struct error err;

	(void)state;
	need_namespaces();
	tunnel = red_tunnel->data;
	apply(CHANGE_DELETE, red_tunnel);
	tunnel->interface.name = "nope";
	assert_int_equal(change(CHANGE_CREATE, red_tunnel, &err), -ENODEV);
	assert_string_equal(err.text, "red/lan: interface nope: does not exist");
	tunnel->interface.name = "vtap0";
	observe();
	assert_false(is_there(red_tunnel));
}

static void test_unwanted_tunnel_is_seen_and_removed(void **state)
{
	struct model *wanted, *nothing;

	(void)state;
	need_namespaces();
	wanted = want;
	nothing = want = model_new();
	observe();
	want = wanted;
	model_free(nothing);
	assert_true(is_there(host_tunnel));
	apply(CHANGE_DELETE, model_find(have, &class_tunnel, "", "lan"));
	apply(CHANGE_DELETE, model_find(have, &class_tunnel, "", "lan")); /* gone already */
	observe();
	assert_int_equal(model_count(have), 0);
	assert_int_equal(access("/run/vnetapply/test", F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_created_tunnels_are_observed),
		cmocka_unit_test(test_update_reaches_the_running_worker),
		cmocka_unit_test(test_refused_update_changes_nothing),
		cmocka_unit_test(test_dead_worker_is_missing),
		cmocka_unit_test(test_worker_in_a_past_namespace_is_replaced),
		cmocka_unit_test(test_failed_creation_leaves_no_worker),
		cmocka_unit_test(test_unwanted_tunnel_is_seen_and_removed),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
