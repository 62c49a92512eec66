/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a supervisor knows of the state of its data plane, also when there is none.
 */
#include "backends/tunnel/worker/supervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int report_plane(struct supervisor *supervisor, struct worker_state *ret,
			struct failure *failure)
{
	const uint8_t *answer;
	size_t length;
	int r = plane_ask(&supervisor->plane, HANDOVER_STATUS, NULL, 0, NULL, &answer, &length,
			  failure);

	if (r < 0)
		return r;
	if (worker_decode_state(answer, length, ret) < 0)
		return failure_set(failure, EPROTO, "data plane: no sense in its answer");
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
