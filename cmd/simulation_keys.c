/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of simulated hosts. A private key stays on its host, so here it is usually missing: such a host gets a key pair
 * of its own, in its own /run, which ends with the simulation. The document then has the public key for all of them.
 */
#include "cmd/simulation.h"

#include "cmd/status.h"

#include "backends/tunnel.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define DIRECTORY "/run/vnetapply-keys"
#define KEY_FILE  DIRECTORY "/own"
#define KEY_TEXT  44

struct key_run {
	const char *program;
	int output;
};

/* Inside the host: makes the key, or reads the one of an earlier run. */
static int key_inside(void *data)
{
	const struct key_run *run = data;
	const char *action = access(KEY_FILE, F_OK) == 0 ? "public" : "new";

	if (mkdir(DIRECTORY, 0700) < 0 && errno != EEXIST) {
		fprintf(stderr, "vnetapply: " DIRECTORY ": %s\n", strerror(errno));
		return STATUS_FAILED;
	}
	dup2(run->output, STDOUT_FILENO);
	execl(run->program, "vnettunnel", "key", action, KEY_FILE, (char *)NULL);
	fprintf(stderr, "vnetapply: %s: %s\n", run->program, strerror(errno));
	return STATUS_UNAVAILABLE;
}

static void set_text(struct node *host, const char *key, const char *text)
{
	struct node *node = node_find(host, key);

	if (!node)
		return;
	node->text = text ? text : "";
	node->type = text ? NODE_TEXT : NODE_NULL;
	node->quoted = text != NULL;
}

static int make_key(struct simulation *simulation, const struct simulated_host *host,
		    const char *program)
{
	struct session *session = &simulation->session;
	const struct node *root = document_root(session->document);
	struct node *map = node_find(node_find(root, "hosts"), host->key);
	AUTO_CLOSE int input = -1, output = -1;
	int ends[2], status = STATUS_INTERNAL;
	struct error err = { 0 };
	char text[KEY_TEXT + 1];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		fprintf(stderr, "vnetapply: pipe: %s\n", strerror(errno));
		return STATUS_FAILED;
	}
	input = ends[0];
	output = ends[1];
	if ((!sim_host_is_up(simulation->sim, host->name) &&
	     sim_host_start(simulation->sim, host->name, &err) < 0) ||
	    sim_run(simulation->sim, host->name, key_inside, &(struct key_run){ program, output },
		    &status, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	if (status != 0)
		return status;
	if (read(input, text, KEY_TEXT) != KEY_TEXT) {
		fprintf(stderr, "vnetapply: %s printed no key\n", program);
		return STATUS_INTERNAL;
	}
	text[KEY_TEXT] = '\0';
	set_text(map, "public-key", arena_strdup(session->arena, text));
	set_text(map, "key-file", KEY_FILE);
	return 0;
}

static bool is_missing(const char *file)
{
	char path[TUNNEL_KEY_PATH_MAX];

	return file && (!tunnel_key_path(file, path) || access(path, R_OK) < 0);
}

/* An overlay's tunnel whose key file is not on this machine. */
static const struct tunnel *find_keyless(const struct simulated_host *host)
{
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, host->topology->want, i) {
		const struct tunnel *tunnel = object->data;

		if (object->class == &class_tunnel && tunnel->encryption == TUNNEL_NOISE &&
		    is_missing(tunnel->key_file))
			return tunnel;
	}
	return NULL;
}

/* One key for all cannot be made on each; they do without. */
static void drop_psk(struct simulation *simulation)
{
	const struct node *hosts = node_find(document_root(simulation->session.document), "hosts");
	struct node *host;

	NODE_FOR_EACH (host, hosts)
		set_text(host, "psk-file", NULL);
}

int simulation_make_keys(struct simulation *simulation)
{
	char program[PATH_MAX];
	struct error err = { 0 };
	int r;

	for (size_t i = 0; i < simulation->n_hosts; i++) {
		const struct simulated_host *host = &simulation->hosts[i];
		const struct tunnel *tunnel = host->key ? find_keyless(host) : NULL;

		if (!tunnel)
			continue;
		if (tunnel_program_find(program, &err) < 0)
			return status_print(PHASE_LIVE, &err);
		if (is_missing(tunnel->psk_file))
			drop_psk(simulation);
		r = make_key(simulation, host, program);
		if (r)
			return r;
	}
	return 0;
}
