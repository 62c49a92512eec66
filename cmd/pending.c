/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record is one line: a word for the state, and the deadline. It is looked at five times a second while waiting. */
#include "cmd/pending.h"

#include "cmd/run_directory.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 200
#define GRACE_MS 30000 /* what the rolling back may be late, before it is taken for dead */

static const char *const words[] = { "none",	  "preparing",	  "applying",	 "waiting",
				     "confirmed", "rolling-back", "rolled-back", "failed" };

uint64_t pending_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct pending parse(const char *text)
{
	struct pending pending = { .state = PENDING_NONE };
	char word[16] = "";
	unsigned long long deadline = 0;
	size_t i;

	if (sscanf(text, "%15s %llu", word, &deadline) != 2)
		return pending;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			pending.state = (enum pending_state)i;
	pending.deadline_ms = deadline;
	return pending;
}

struct pending pending_read(const char *topology)
{
	struct arena *arena = arena_new();
	struct pending pending = parse(run_record_text(topology, RUN_PENDING, arena));

	arena_free(arena);
	return pending;
}

bool pending_is_waiting(const struct pending *pending)
{
	return (pending->state == PENDING_APPLYING || pending->state == PENDING_WAITING ||
		pending->state == PENDING_ROLLING_BACK) &&
	       pending_clock() < pending->deadline_ms + GRACE_MS;
}

static int replace(const char *topology, enum pending_state state, uint64_t deadline_ms,
		   struct error *err)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %llu\n", words[state], (unsigned long long)deadline_ms);
	return run_record_replace(topology, RUN_PENDING, text, err);
}

/* deadline_ms 0: it stays as it is. */
static int change(const char *topology, enum pending_state from, enum pending_state to,
		  uint64_t deadline_ms, struct error *err)
{
	AUTO_CLOSE int lock = run_record_lock(topology);
	struct pending pending = pending_read(topology);

	if (lock >= 0 && pending.state == from)
		return replace(topology, to, deadline_ms ? deadline_ms : pending.deadline_ms, err);
	return error_set(err, ESTALE,
			 pending.state == PENDING_APPLYING
				 ? "the apply of %s is not through yet"
				 : "no apply of %s waits for confirmation",
			 topology);
}

int pending_start(const char *topology, unsigned timeout_ms, struct error *err)
{
	return replace(topology, PENDING_PREPARING, pending_clock() + timeout_ms, err);
}

int pending_await(const char *topology, unsigned timeout_ms, struct error *err)
{
	return change(topology, PENDING_APPLYING, PENDING_WAITING, pending_clock() + timeout_ms,
		      err);
}

int pending_expire(const char *topology, struct error *err)
{
	return change(topology, PENDING_WAITING, PENDING_WAITING, pending_clock(), err);
}

int pending_change(const char *topology, enum pending_state from, enum pending_state to,
		   struct error *err)
{
	return change(topology, from, to, 0, err);
}

void pending_remove(const char *topology)
{
	struct error ignored;

	(void)run_record_replace(topology, RUN_PENDING, "", &ignored);
}

struct pending pending_wait(const char *topology, enum pending_state state, int fd, bool *readable)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	struct pending pending;

	*readable = false;
	for (;;) {
		pending = pending_read(topology);
		if (pending.state != state || pending_clock() >= pending.deadline_ms)
			return pending;
		if (poll(&input, 1, PAUSE_MS) > 0) {
			*readable = true;
			return pending;
		}
	}
}
