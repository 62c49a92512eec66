/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations, and the life of the data plane.
 */
#include "backends/tunnel/worker/supervisor.h"
#include "backends/tunnel/protocol_build.h"
#include "backends/tunnel/protocol_socket.h"
#include "backends/tunnel/worker/config_check.h"
#include "backends/tunnel/worker/key_file.h"
#include "backends/tunnel/worker/plane_process.h"
#include "backends/tunnel/worker/tap.h"
#include "backends/tunnel/worker/whereabouts.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RESTART_FIRST	 50    /* milliseconds; doubled with each failure in a row */
#define RESTART_MOST	 10000 /* … up to this */
#define ANNOUNCE_PAUSE	 200
#define PREDECESSOR_TIME 1000 /* that the end of another data plane may take */
#define PREDECESSOR_STEP 10
#define RESTART_STABLE	 30000 /* who lived as long as this has not failed in a row */

/* ---- keys ---- */

static void secrets_free(struct secrets *secrets)
{
	crypto_secret_free(secrets, sizeof(*secrets));
}

static int secrets_read(const struct worker_config *config, struct secrets **ret,
			struct failure *failure)
{
	struct secrets *secrets;
	int r;

	if (config->encryption == WORKER_PLAIN)
		return 0;
	if (!config->key_file[0])
		return failure_set(failure, EINVAL, "no key file");
	/* From here on there are secrets in memory, which no dump shall have. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	secrets = crypto_secret_new(sizeof(*secrets));
	if (!secrets)
		return failure_set(failure, ENOMEM, "keys: out of memory");
	r = key_file_read(config->key_file, secrets->private_key, failure);
	if (r == 0 && config->psk_file[0])
		r = key_file_read(config->psk_file, secrets->psk, failure);
	if (r == 0)
		*ret = secrets;
	else
		secrets_free(secrets);
	return r;
}

/* ---- handing over ---- */

/* What the next configuration consists of, until the data plane has taken it. */
struct handing {
	const struct worker_config *config;
	struct descriptors descriptors;
	struct secrets *secrets;
	unsigned mtu;
};

/* The descriptors that the data plane does not have, and what each of its slots gets. */
static void handover_fill(const struct supervisor *supervisor, const struct handing *next,
			  struct handover *handover, struct descriptors *fresh)
{
	const struct descriptors *had = &supervisor->descriptors;
	int fd;

	*fresh = (struct descriptors)DESCRIPTORS_NONE;
	for (int i = 0; i < DESCRIPTOR_COUNT; i++) {
		fd = next->descriptors.fds[i];
		handover->use[i] = HANDOVER_NONE;
		if (fd >= 0 && supervisor->plane_is_current && fd == had->fds[i]) {
			handover->use[i] = HANDOVER_KEEP;
		} else if (fd >= 0) {
			handover->use[i] = HANDOVER_NEW;
			fresh->fds[i] = fd;
		}
	}
	handover->mtu = next->mtu;
	if (next->secrets)
		handover->secrets = *next->secrets;
}

/* Two of them at once would read each other's frames. */
static void old_plane_end(struct supervisor *supervisor)
{
	if (supervisor->old_socket < 0)
		return;
	close(supervisor->old_socket);
	supervisor->old_socket = -1;
	(void)kill(supervisor->old_pid, SIGKILL);
	while (waitpid(supervisor->old_pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int hand_over(struct supervisor *supervisor, const struct handing *next,
		     struct failure *failure)
{
	struct handover *handover = crypto_secret_new(sizeof(*handover));
	struct descriptors fresh;
	const uint8_t *answer;
	size_t length;
	int memory, r;

	if (!handover)
		return failure_set(failure, ENOMEM, "out of memory");
	old_plane_end(supervisor);
	handover_fill(supervisor, next, handover, &fresh);
	descriptors_set_cutting(&next->descriptors, next->config);
	descriptors_set_errors(&next->descriptors, next->config);
	handover->offloads = descriptors_offload(&next->descriptors, next->config->offloads);
	memory = worker_memory_of_config(next->config);
	handover->use[DESCRIPTOR_MEMORY] = HANDOVER_NEW;
	fresh.fds[DESCRIPTOR_MEMORY] = memory;
	if (memory < 0)
		r = failure_set_errno(failure, -memory, "configuration");
	else
		r = plane_ask(&supervisor->plane, HANDOVER_CONFIGURE, handover, sizeof(*handover),
			      &fresh, &answer, &length, failure);
	if (memory >= 0)
		close(memory);
	crypto_secret_free(handover, sizeof(*handover));
	return r;
}

/* ---- the data plane's life ---- */

static unsigned restart_delay(unsigned failures)
{
	unsigned delay = RESTART_FIRST;

	for (unsigned i = 1; i < failures && delay < RESTART_MOST; i++)
		delay *= 2;
	return delay < RESTART_MOST ? delay : RESTART_MOST;
}

static void restart_later(struct supervisor *supervisor)
{
	unsigned delay = restart_delay(++supervisor->failures);

	supervisor->plane_is_current = false;
	fprintf(stderr, "data plane: %s; it is started again in %u ms%s\n", supervisor->last_end,
		delay, supervisor->failures > 3 ? ", as it fails each time" : "");
	timer_set(&supervisor->restart, supervisor->loop->now + delay);
}

static void interface_gone(struct supervisor *supervisor)
{
	fprintf(stderr, "interface %s is gone\n", supervisor->config.interface);
	supervisor->loop->stopping = true;
}

static void plane_failed(struct supervisor *supervisor)
{
	if (supervisor->loop->now - supervisor->plane.started >= RESTART_STABLE)
		supervisor->failures = 0;
	if (plane_reap(&supervisor->plane, supervisor->last_end) == PLANE_EXIT_INTERFACE_GONE)
		interface_gone(supervisor);
	else
		restart_later(supervisor);
}

static void plane_ended(struct plane *plane)
{
	plane_failed(plane->owner);
}

static int plane_provide(struct supervisor *supervisor, struct failure *failure)
{
	return plane_runs(&supervisor->plane) ? 0 : plane_start(&supervisor->plane, failure);
}

/* A new data plane gets what its predecessor had. */
static void restart_expired(struct timer *timer)
{
	struct supervisor *supervisor = timer->owner;
	const struct handing same = { &supervisor->config, supervisor->descriptors,
				      supervisor->secrets, supervisor->mtu };
	struct failure failure;
	int r;

	if (plane_runs(&supervisor->plane))
		return;
	supervisor->restarts++;
	r = plane_start(&supervisor->plane, &failure);
	if (r == 0 && supervisor->configured)
		r = hand_over(supervisor, &same, &failure);
	if (r == 0) {
		supervisor->plane_is_current = supervisor->configured;
		return;
	}
	fprintf(stderr, "data plane: %s\n", failure.text);
	if (plane_runs(&supervisor->plane))
		plane_failed(supervisor);
	else
		restart_later(supervisor);
}

/* ---- the interface ---- */

static void interface_look(struct supervisor *supervisor)
{
	int tap = supervisor->descriptors.fds[DESCRIPTOR_TAP];
	uint32_t mtu;

	if (!supervisor->configured)
		return;
	if (tap_is_gone(tap)) {
		interface_gone(supervisor);
		return;
	}
	mtu = tap_mtu(tap);
	if (mtu == 0 || mtu == supervisor->mtu)
		return;
	supervisor->mtu = mtu;
	plane_tell(&supervisor->plane, HANDOVER_MTU, &mtu, sizeof(mtu));
}

/*
 * Who only receives would not be found at its new address until it misses an answer. The pause is for the route that
 * comes with an address, and for more of them.
 */
static void announce_expired(struct timer *timer)
{
	struct supervisor *supervisor = timer->owner;

	if (supervisor->plane_is_current)
		plane_tell(&supervisor->plane, HANDOVER_ANNOUNCE, NULL, 0);
}

static void links_changed(void *owner, bool is_address)
{
	struct supervisor *supervisor = owner;

	interface_look(supervisor);
	if (is_address && supervisor->secrets && supervisor->announce.due == TIMER_NEVER)
		timer_set(&supervisor->announce, supervisor->loop->now + ANNOUNCE_PAUSE);
}

/* ---- configuration ---- */

/*
 * The data plane of a supervisor that was killed just now ends with it, but not before it, and has the interface and
 * the port until then.
 */
static int descriptors_provide(struct supervisor *supervisor, struct handing *next,
			       struct failure *failure)
{
	const struct timespec pause = { .tv_nsec = PREDECESSOR_STEP * 1000000L };
	int left = supervisor->configured ? 0 : PREDECESSOR_TIME / PREDECESSOR_STEP, r;

	for (;;) {
		r = descriptors_open(&next->descriptors, next->config, &supervisor->descriptors,
				     &supervisor->config, failure);
		if ((r != -EBUSY && r != -EADDRINUSE) || left-- == 0)
			return r;
		descriptors_close(&next->descriptors, &supervisor->descriptors);
		nanosleep(&pause, NULL);
	}
}

/* In clear peers are where the configuration has them. */
static void whereabouts_provide(struct supervisor *supervisor, struct handing *next)
{
	int fd = supervisor->descriptors.fds[DESCRIPTOR_WHEREABOUTS];

	if (fd < 0 && next->secrets)
		fd = whereabouts_open(supervisor->whereabouts);
	next->descriptors.fds[DESCRIPTOR_WHEREABOUTS] = fd;
}

static int handing_open(struct supervisor *supervisor, struct handing *next,
			struct failure *failure)
{
	int r = config_check(next->config, failure);

	if (r == 0)
		r = secrets_read(next->config, &next->secrets, failure);
	if (r == 0)
		r = descriptors_provide(supervisor, next, failure);
	if (r == 0)
		whereabouts_provide(supervisor, next);
	if (r == 0)
		next->mtu = tap_mtu(next->descriptors.fds[DESCRIPTOR_TAP]);
	return r;
}

/* The data plane has it: from here on nothing fails. */
static void handing_keep(struct supervisor *supervisor, struct handing *next,
			 struct worker_config *config)
{
	descriptors_close(&supervisor->descriptors, &next->descriptors);
	secrets_free(supervisor->secrets);
	worker_config_clear(&supervisor->config);
	supervisor->descriptors = next->descriptors;
	supervisor->secrets = next->secrets;
	supervisor->mtu = next->mtu;
	supervisor->config = *config;
	*config = (struct worker_config){ 0 };
	supervisor->configured = true;
	supervisor->plane_is_current = true;
	supervisor->loop->deadline = 0;
	/* It may have changed before we had its descriptor. */
	interface_look(supervisor);
	names_begin(&supervisor->names);
}

static void handing_drop(struct supervisor *supervisor, struct handing *next)
{
	descriptors_close(&next->descriptors, &supervisor->descriptors);
	secrets_free(next->secrets);
	if (supervisor->configured)
		(void)descriptors_offload(&supervisor->descriptors, supervisor->config.offloads);
}

/*
 * A data plane that dies of it, or that does not answer, is started again with it once; with the old configuration
 * when that fails, too.
 */
static int hand_over_firmly(struct supervisor *supervisor, const struct handing *next,
			    struct failure *failure)
{
	int r = plane_provide(supervisor, failure);

	if (r == 0)
		r = hand_over(supervisor, next, failure);
	if ((r != -ECONNRESET && r != -ETIMEDOUT) || !plane_runs(&supervisor->plane))
		return r;
	(void)plane_reap(&supervisor->plane, supervisor->last_end);
	fprintf(stderr, "data plane: %s; it is started again\n", supervisor->last_end);
	supervisor->plane_is_current = false;
	supervisor->restarts++;
	r = plane_start(&supervisor->plane, failure);
	if (r == 0)
		r = hand_over(supervisor, next, failure);
	if (r < 0 && plane_runs(&supervisor->plane)) {
		plane_failed(supervisor);
	} else if (r < 0) {
		snprintf(supervisor->last_end, sizeof(supervisor->last_end), "not started");
		restart_later(supervisor);
	}
	return r;
}

int supervisor_configure(struct supervisor *supervisor, struct worker_config *config,
			 struct failure *failure)
{
	struct handing next = { .config = config, .descriptors = DESCRIPTORS_NONE };
	int r;

	names_carry(&supervisor->names, config);
	r = handing_open(supervisor, &next, failure);
	if (r == 0)
		r = hand_over_firmly(supervisor, &next, failure);
	if (r == 0)
		handing_keep(supervisor, &next, config);
	else
		handing_drop(supervisor, &next);
	return r;
}

/* ---- names ---- */

static int names_report(void *owner, struct worker_state *ret, struct failure *failure)
{
	return supervisor_report(owner, ret, failure);
}

/* The same configuration with this in it. A data plane that is away gets it with the rest. */
static void peer_moved(void *owner, uint32_t number, const struct worker_endpoint *endpoints,
		       uint32_t count)
{
	struct supervisor *supervisor = owner;
	struct worker_peer *peer = &supervisor->config.peers[number], old = *peer;
	const struct handing same = { &supervisor->config, supervisor->descriptors,
				      supervisor->secrets, supervisor->mtu };
	struct failure failure;

	peer->endpoint = endpoints[0];
	peer->other_count = count - 1;
	memcpy(peer->others, endpoints + 1, peer->other_count * sizeof(*endpoints));
	if (!supervisor->plane_is_current || hand_over(supervisor, &same, &failure) == 0)
		return;
	*peer = old;
	fprintf(stderr, "peer %s: %s: %s\n", peer->name, peer->host, failure.text);
}

/* ---- beginning and end ---- */

/* So that a client can tell a worker of a namespace whose name means another one by now. */
static void netns_note(struct supervisor *supervisor)
{
	struct stat status = { 0 };

	(void)stat("/proc/self/ns/net", &status);
	supervisor->netns_device = status.st_dev;
	supervisor->netns_inode = status.st_ino;
}

void supervisor_inherit(struct supervisor *supervisor, const struct worker_config *config,
			const struct replacement *replacement)
{
	supervisor->descriptors = replacement->descriptors;
	supervisor->old_socket = replacement->plane_socket;
	supervisor->old_pid = replacement->plane_pid;
	if (!config) {
		old_plane_end(supervisor);
		descriptors_close(&supervisor->descriptors, NULL);
		return;
	}
	memcpy(supervisor->config.interface, config->interface, sizeof(config->interface));
	supervisor->config.local = config->local;
	supervisor->config.other_local = config->other_local;
}

void supervisor_bequeath(const struct supervisor *supervisor, struct replacement *ret)
{
	ret->descriptors = supervisor->descriptors;
	ret->plane_socket = supervisor->plane.socket.fd;
	ret->plane_pid = plane_runs(&supervisor->plane) ? (int)supervisor->plane.pid : -1;
}

int supervisor_open(struct supervisor *supervisor, struct loop *loop, const char *name,
		    struct failure *failure)
{
	int r;

	supervisor->loop = loop;
	supervisor->descriptors = (struct descriptors)DESCRIPTORS_NONE;
	supervisor->links.source.fd = -1;
	supervisor->restart.source.fd = -1;
	supervisor->announce.source.fd = -1;
	supervisor->started = loop->now;
	supervisor->plane.loop = loop;
	supervisor->plane.name = name;
	supervisor->plane.ended = plane_ended;
	supervisor->plane.owner = supervisor;
	supervisor->names = (struct names){
		.loop = loop,
		.config = &supervisor->config,
		.timer = { .source = { .fd = -1 } },
		.resolver = { .pipe = { .fd = -1 } },
		.report = names_report,
		.moved = peer_moved,
		.owner = supervisor,
	};
	supervisor->old_socket = -1;
	worker_build_read("/proc/self/exe", supervisor->build);
	netns_note(supervisor);
	r = plane_init(&supervisor->plane, failure);
	if (r == 0)
		r = timer_open(&supervisor->restart, loop, restart_expired, supervisor, failure);
	if (r == 0)
		r = timer_open(&supervisor->announce, loop, announce_expired, supervisor, failure);
	if (r == 0)
		r = link_watch_open(&supervisor->links, loop, links_changed, supervisor, failure);
	if (r == 0)
		r = names_open(&supervisor->names, failure);
	return r < 0 ? r : plane_provide(supervisor, failure);
}

void supervisor_close(struct supervisor *supervisor)
{
	names_close(&supervisor->names);
	old_plane_end(supervisor);
	plane_stop(&supervisor->plane);
	plane_clear(&supervisor->plane);
	timer_close(&supervisor->restart);
	timer_close(&supervisor->announce);
	link_watch_close(&supervisor->links);
	descriptors_close(&supervisor->descriptors, NULL);
	secrets_free(supervisor->secrets);
	worker_config_clear(&supervisor->config);
}
