/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data plane as a process of its own. What it prints goes to the worker's standard error.
 */
#include "backends/tunnel/worker/plane_process.h"
#include "backends/tunnel/protocol_socket.h"
#include "backends/tunnel/worker/dataplane.h"
#include "backends/tunnel/worker/handover.h"
#include "backends/tunnel/worker/sandbox.h"
#include "backends/tunnel/worker/secure.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

struct plane_process {
	struct loop loop;
	struct event_source socket;
	struct dataplane dataplane;
	uint8_t *message; /* HANDOVER_MAX; it holds keys for a moment */
	uint8_t *content; /* WORKER_MESSAGE_MAX: of a configuration or of an answer */
};

static void answer_send(struct plane_process *process, enum handover_kind kind, uint32_t sequence,
			const void *body, size_t length)
{
	const struct handover_header header = { .kind = kind, .sequence = sequence };

	/* The supervisor is there, or we are ended by its absence. */
	(void)handover_send(process->socket.fd, &header, body, length, NULL);
}

static void answer_failure(struct plane_process *process, uint32_t sequence, int code,
			   const struct failure *failure)
{
	int32_t number = code;
	uint8_t body[sizeof(number) + sizeof(failure->text)];

	memcpy(body, &number, sizeof(number));
	memcpy(body + sizeof(number), failure->text, sizeof(failure->text));
	answer_send(process, HANDOVER_FAILED, sequence, body, sizeof(body));
}

/* The descriptors of the message, each where its use says that it belongs. */
static void resources_sort(struct plane_resources *resources, const struct descriptors *fds)
{
	int next = 0;

	for (int i = 0; i < DESCRIPTOR_COUNT; i++)
		resources->descriptors.fds[i] =
			resources->handover.use[i] == HANDOVER_NEW && next < DESCRIPTOR_COUNT
				? fds->fds[next++]
				: -1;
}

/* Closes MEMORY. */
static int configuration_read(struct plane_process *process, int memory, struct worker_config *ret)
{
	ssize_t n = worker_memory_read(memory, process->content, WORKER_MESSAGE_MAX);

	if (memory >= 0)
		close(memory);
	return n < 0 ? (int)n : worker_decode_config(process->content, (size_t)n, ret);
}

static int configure(struct plane_process *process, const uint8_t *body, size_t length,
		     const struct descriptors *fds, struct failure *failure)
{
	struct plane_resources resources;
	struct worker_config config;
	int r;

	if (length != sizeof(resources.handover))
		return failure_set(failure, EBADMSG, "handover: not as long as it must be");
	memcpy(&resources.handover, body, sizeof(resources.handover));
	resources_sort(&resources, fds);
	r = configuration_read(process, resources.descriptors.fds[DESCRIPTOR_MEMORY], &config);
	if (r < 0) {
		descriptors_close(&resources.descriptors, NULL);
		r = failure_set_errno(failure, -r, "configuration");
	} else {
		r = dataplane_configure(&process->dataplane, &config, &resources, failure);
		worker_config_clear(&config); /* empty when it was taken over */
	}
	crypto_wipe(&resources, sizeof(resources));
	return r;
}

/* MEMORY stays the caller's. */
static void status(struct plane_process *process, uint32_t sequence, int memory)
{
	struct worker_state state = { .plane_uptime = UINT64_MAX };
	struct failure failure;
	int r;

	path_refresh_all(&process->dataplane);
	r = dataplane_report(&process->dataplane, &state, &failure);

	if (r < 0) {
		answer_failure(process, sequence, -r, &failure);
		return;
	}
	state.plane_uptime = state.uptime;
	r = worker_encode_state(&state, process->content, WORKER_MESSAGE_MAX);
	worker_state_clear(&state);
	if (r >= 0 && worker_memory_write(memory, process->content, (size_t)r) < 0)
		fprintf(stderr, "data plane: an answer cannot be written\n");
	answer_send(process, HANDOVER_STATE, sequence, NULL, 0);
}

static void message_handle(struct plane_process *process, size_t length,
			   const struct descriptors *fds)
{
	const uint8_t *body = process->message + sizeof(struct handover_header);
	struct handover_header header;
	struct failure failure;
	uint32_t mtu;
	int r;

	if (!handover_header(process->message, length, &header))
		return;
	length -= sizeof(header);
	switch (header.kind) {
	case HANDOVER_CONFIGURE:
		r = configure(process, body, length, fds, &failure);
		if (r < 0)
			answer_failure(process, header.sequence, -r, &failure);
		else
			answer_send(process, HANDOVER_DONE, header.sequence, NULL, 0);
		break;
	case HANDOVER_STATUS:
		status(process, header.sequence, fds->fds[0]);
		if (fds->fds[0] >= 0)
			close(fds->fds[0]);
		break;
	case HANDOVER_MTU:
		if (length == sizeof(mtu)) {
			memcpy(&mtu, body, sizeof(mtu));
			dataplane_set_mtu(&process->dataplane, mtu);
		}
		break;
	case HANDOVER_ANNOUNCE:
		secure_announce(&process->dataplane);
		break;
	default:
		break;
	}
}

static void socket_ready(struct event_source *source)
{
	struct plane_process *process = source->owner;
	struct descriptors fds;
	ssize_t n = handover_receive(source->fd, process->message, &fds, MSG_DONTWAIT);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		process->loop.stopping = true;
		return;
	}
	message_handle(process, (size_t)n, &fds);
	crypto_wipe(process->message, (size_t)n);
}

static int process_open(struct plane_process *process, int socket, struct failure *failure)
{
	struct worker_sandbox sandbox = { 0 };
	int r;

	process->message = crypto_secret_new(HANDOVER_MAX);
	process->content = malloc(WORKER_MESSAGE_MAX);
	if (!process->message || !process->content)
		return failure_set(failure, ENOMEM, "out of memory");
	process->socket =
		(struct event_source){ .fd = socket, .ready = socket_ready, .owner = process };
	r = loop_open(&process->loop, failure);
	if (r < 0)
		return r;
	dataplane_init(&process->dataplane, &process->loop);
	if (loop_watch(&process->loop, &process->socket, socket) < 0)
		return failure_set(failure, ENOMEM, "epoll: cannot watch one more descriptor");
	r = crypto_warm_up();
	r = r < 0 ? failure_set(failure, -r, "the cryptographic library does not work")
		  : sandbox_enter(&sandbox, failure);
	if (r == 0)
		answer_send(process, HANDOVER_HELLO, 0, &sandbox, sizeof(sandbox));
	return r;
}

static int process_run(struct plane_process *process, int socket)
{
	struct failure failure;
	int r = process_open(process, socket, &failure);

	if (r < 0) {
		fprintf(stderr, "data plane: %s\n", failure.text);
		return EXIT_FAILURE;
	}
	r = loop_run(&process->loop);
	if (r < 0)
		fprintf(stderr, "data plane: event loop: %s\n", strerror(-r));
	r = r < 0				? EXIT_FAILURE
	    : process->dataplane.interface_gone ? PLANE_EXIT_INTERFACE_GONE
						: EXIT_SUCCESS;
	dataplane_close(&process->dataplane);
	source_close(&process->socket);
	loop_close(&process->loop);
	return r;
}

/*
 * Zeroed, and in large pages where the kernel gives them: most of it is buffers that every frame is copied
 * into and out of. It takes no memory until it is used, and goes with the process.
 */
static struct plane_process *process_new(void)
{
	size_t size = (sizeof(struct plane_process) + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	uint8_t *memory = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	memory += LARGE_PAGE - (uintptr_t)memory % LARGE_PAGE;
	(void)madvise(memory, size, MADV_HUGEPAGE);
	return (struct plane_process *)memory;
}

/* The supervisor decides when we end: what is sent to the whole group is for it. */
int plane_process_run(int socket)
{
	struct plane_process *process = process_new();
	int r = EXIT_FAILURE;

	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_NAME, "vnettunnel-data", 0, 0, 0);
	if (process) {
		r = process_run(process, socket);
		crypto_secret_free(process->message, HANDOVER_MAX);
		free(process->content);
	}
	return r;
}
