/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnettunnel: carries Ethernet frames between a TAP interface and peers over UDP.
 *
 * Everything but the control socket is configured over that socket; vnetapply does it. Standard
 * output gets one line, "ready", when the socket answers; errors go to standard error. It is two processes of this
 * program: the supervisor, and the data plane that it starts.
 */
#include "backends/tunnel/worker/capabilities.h"
#include "backends/tunnel/worker/control.h"
#include "backends/tunnel/worker/key_file.h"
#include "backends/tunnel/worker/loop.h"
#include "backends/tunnel/worker/plane_process.h"
#include "backends/tunnel/worker/replace.h"
#include "backends/tunnel/worker/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

/* A worker that its starter forgot, because it was killed just then, is in nobody's way for long. */
#define UNCONFIGURED_TIME 30000 /* milliseconds */

struct arguments {
	const char *path, *name;
	int socket; /* of a data plane; -1: none */
	bool resumes;
	struct replacement replacement;
};

struct worker {
	struct loop loop;
	struct supervisor supervisor;
	struct control control;
	struct event_source signals;
};

static const char usage[] = "usage: vnettunnel --control SOCKET [--name TOPOLOGY/TUNNEL]\n"
			    "       vnettunnel key new FILE | key public FILE\n"
			    "       vnettunnel --help | --version\n"
			    "\n"
			    "Carry Ethernet frames between a TAP interface and peers over UDP.\n"
			    "key new makes FILE with a new private key, key public reads one;\n"
			    "both print the public key.\n"
			    "\n"
			    "  --control SOCKET   where to listen for vnetapply\n"
			    "  --name NAME        shown by ps(1); no other effect\n";

static void signal_ready(struct event_source *source)
{
	struct worker *worker = source->owner;

	worker->loop.stopping = true;
}

static int signals_open(struct worker *worker, struct failure *failure)
{
	sigset_t set;
	int r;

	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	worker->signals = (struct event_source){ .ready = signal_ready, .owner = worker };
	worker->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (worker->signals.fd < 0)
		return failure_set_errno(failure, errno, "signalfd");
	r = loop_watch(&worker->loop, &worker->signals, worker->signals.fd);
	return r < 0 ? failure_set_errno(failure, -r, "epoll") : 0;
}

/* Tell whoever started us, then let go of the pipe it reads. */
static void announce_ready(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	puts("ready");
	fflush(stdout);
	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	close(null);
}

static int worker_serve(struct worker *worker, const struct replacement *replacement,
			struct failure *failure)
{
	int r;

	/* A stored configuration that no longer fits is no reason to go: the next one may fit. */
	if (replacement)
		control_resume(&worker->control, replacement);
	else if (control_restore(&worker->control, failure) < 0)
		fprintf(stderr, "stored configuration: %s\n", failure->text);
	announce_ready();
	r = loop_run(&worker->loop);
	if (worker->loop.deadline && worker->loop.now >= worker->loop.deadline)
		fprintf(stderr, "not configured within %d s\n", UNCONFIGURED_TIME / 1000);
	return r < 0 ? failure_set_errno(failure, -r, "event loop") : 0;
}

static int worker_run(struct worker *worker, const struct arguments *arguments,
		      struct failure *failure)
{
	int r = loop_open(&worker->loop, failure);

	if (r < 0)
		return r;
	worker->loop.deadline = worker->loop.now + UNCONFIGURED_TIME;
	r = signals_open(worker, failure);
	if (r == 0)
		r = control_open(&worker->control, arguments->path,
				 arguments->resumes ? arguments->replacement.listener : -1,
				 &worker->loop, &worker->supervisor, failure);
	if (r < 0)
		return r;
	worker->control.name = arguments->name;
	r = supervisor_open(&worker->supervisor, &worker->loop, arguments->name, failure);
	if (r == 0)
		r = worker_serve(worker, arguments->resumes ? &arguments->replacement : NULL,
				 failure);
	supervisor_close(&worker->supervisor);
	source_close(&worker->signals);
	loop_close(&worker->loop);
	control_close(&worker->control);
	return r;
}

static int worker_start(const struct arguments *arguments)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	struct failure failure;
	int r;

	if (!worker) {
		fprintf(stderr, "out of memory\n");
		return EXIT_FAILURE;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	capabilities_use_for_memory();
	r = capabilities_limit(true, &failure);
	if (r == 0)
		r = worker_run(worker, arguments, &failure);
	if (r < 0)
		fprintf(stderr, "%s\n", failure.text);
	free(worker);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Private keys go from the kernel's random bytes into the file, and nowhere else. */
static int key_command(bool is_new, const char *path)
{
	uint8_t key[CRYPTO_KEY_SIZE], public_key[CRYPTO_KEY_SIZE];
	char text[WORKER_KEY_TEXT];
	struct failure failure;
	int r;

	if (!is_new)
		r = key_file_read(path, key, &failure);
	else if (crypto_random(key, sizeof(key)) < 0)
		r = failure_set(&failure, EIO, "no random bytes");
	else
		r = key_file_write(path, key, &failure);
	if (r == 0 && crypto_x25519_public(public_key, key) < 0)
		r = failure_set(&failure, EIO, "X25519 failed");
	crypto_wipe(key, sizeof(key));
	if (r < 0) {
		fprintf(stderr, "vnettunnel: %s\n", failure.text);
		return EXIT_FAILURE;
	}
	key_format(public_key, text);
	puts(text);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "control", required_argument, NULL, 'c' },
		{ "name", required_argument, NULL, 'n' },
		{ "data-plane", required_argument, NULL, 'd' },
		{ "resume", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct arguments arguments = { .socket = -1 };
	int option;

	if (crypto_init() < 0) {
		fprintf(stderr, "vnettunnel: the cryptographic library does not start\n");
		return EXIT_FAILURE;
	}
	if (argc == 4 && strcmp(argv[1], "key") == 0 &&
	    (strcmp(argv[2], "new") == 0 || strcmp(argv[2], "public") == 0))
		return key_command(strcmp(argv[2], "new") == 0, argv[3]);
	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			arguments.path = optarg;
			break;
		case 'n':
			arguments.name = optarg;
			break;
		case 'd': /* we start ourselves: this and the next are not for people */
			arguments.socket = atoi(optarg);
			break;
		case 'r':
			arguments.resumes = replace_parse(optarg, &arguments.replacement);
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("vnettunnel " VNETAPPLY_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (arguments.socket > STDERR_FILENO && !arguments.path && optind == argc)
		return plane_process_run(arguments.socket);
	if (!arguments.path || optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	return worker_start(&arguments);
}
