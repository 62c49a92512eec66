/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a supervisor knows of the state of its data plane, also when there is none.
 */
#include "backends/tunnel/worker/supervisor.h"
#include "backends/tunnel/protocol_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without a data plane its peers are there all the same, unheard. */
static int report_config(const struct supervisor *supervisor, struct worker_state *ret,
			 struct failure *failure)
{
	const struct worker_config *config = &supervisor->config;

	ret->peers = calloc(config->peer_count + 1, sizeof(*ret->peers));
	if (!ret->peers)
		return failure_set(failure, ENOMEM, "out of memory");
	ret->config_hash = supervisor->configured ? worker_config_hash(config) : 0;
	ret->peer_count = config->peer_count;
	for (uint32_t i = 0; i < config->peer_count; i++) {
		memcpy(ret->peers[i].name, config->peers[i].name, WORKER_NAME_SIZE);
		ret->peers[i].endpoint = config->peers[i].endpoint;
		ret->peers[i].other_count = config->peers[i].other_count;
		memcpy(ret->peers[i].others, config->peers[i].others,
		       sizeof(config->peers[i].others));
		ret->peers[i].heard_ago = UINT64_MAX;
		ret->peers[i].handshake_ago = UINT64_MAX;
	}
	ret->plane_uptime = UINT64_MAX;
	return 0;
}

/* The length of MESSAGE[WORKER_MESSAGE_MAX]. What it has is read once: the data plane may go on to write. */
static int state_ask(struct supervisor *supervisor, uint8_t *message, struct failure *failure)
{
	struct descriptors fds = DESCRIPTORS_NONE;
	int memory = worker_memory_open(), r;
	const uint8_t *answer;
	size_t length;

	if (memory < 0)
		return failure_set_errno(failure, -memory, "memory for an answer");
	fds.fds[DESCRIPTOR_MEMORY] = memory;
	r = plane_ask(&supervisor->plane, HANDOVER_STATUS, NULL, 0, &fds, &answer, &length,
		      failure);
	if (r == 0)
		r = (int)worker_memory_read(memory, message, WORKER_MESSAGE_MAX);
	close(memory);
	return r;
}

static int report_plane(struct supervisor *supervisor, struct worker_state *ret,
			struct failure *failure)
{
	uint8_t *message = malloc(WORKER_MESSAGE_MAX);
	int r = message ? state_ask(supervisor, message, failure)
			: failure_set(failure, ENOMEM, "out of memory");

	if (r >= 0 && worker_decode_state(message, (size_t)r, ret) < 0)
		r = failure_set(failure, EPROTO, "data plane: no sense in its answer");
	free(message);
	if (r < 0)
		return r;
	/* It counts; what it counts for is ours to say. */
	if (ret->peer_count > supervisor->config.peer_count)
		ret->peer_count = supervisor->config.peer_count;
	for (uint32_t i = 0; i < ret->peer_count; i++)
		memcpy(ret->peers[i].name, supervisor->config.peers[i].name, WORKER_NAME_SIZE);
	return 0;
}

int supervisor_report(struct supervisor *supervisor, struct worker_state *ret,
		      struct failure *failure)
{
	int r = plane_runs(&supervisor->plane) ? report_plane(supervisor, ret, failure)
					       : -ECONNRESET;

	if (r == -ECONNRESET) /* its end is being dealt with, or will be when we return */
		r = report_config(supervisor, ret, failure);
	if (r < 0)
		return r;
	ret->uptime = supervisor->loop->now - supervisor->started;
	ret->restarts = supervisor->restarts;
	ret->sandbox = supervisor->plane.sandbox;
	memcpy(ret->last_end, supervisor->last_end, sizeof(ret->last_end));
	return 0;
}
