/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control messages of anybody: every decoder takes them, and what decodes encodes to the same again.
 */
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/config_check.h"
#include "backends/tunnel/worker/peer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t message[WORKER_MESSAGE_MAX], second[WORKER_MESSAGE_MAX];

static void must(int condition)
{
	if (!condition)
		abort();
}

static void try_config(const uint8_t *data, size_t size)
{
	struct worker_config config, again;
	struct peer_table peers;
	struct failure failure;
	int n;

	if (worker_decode_config(data, size, &config) < 0)
		return;
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	must(n > 0 && worker_decode_config(message, (size_t)n, &again) == 0);
	must(worker_config_hash(&config) == worker_config_hash(&again));
	worker_config_clear(&again);
	if (config_check(&config, &failure) == 0 && peer_table_init(&peers, &config, &failure) == 0)
		peer_table_clear(&peers);
	worker_config_clear(&config);
}

static void try_state(const uint8_t *data, size_t size)
{
	struct worker_state state, again;
	int n;

	if (worker_decode_state(data, size, &state) < 0)
		return;
	n = worker_encode_state(&state, message, sizeof(message));
	must(n > 0 && worker_decode_state(message, (size_t)n, &again) == 0);
	worker_state_clear(&state);
	must(worker_encode_state(&again, second, sizeof(second)) == n);
	must(memcmp(message, second, (size_t)n) == 0);
	worker_state_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[WORKER_TEXT_SIZE], program[WORKER_PATH_SIZE];
	enum worker_message type;
	int code;

	(void)worker_decode_type(data, size, &type);
	(void)worker_decode_failure(data, size, &code, text);
	(void)worker_decode_replace(data, size, program);
	try_config(data, size);
	try_state(data, size);
	return 0;
}
