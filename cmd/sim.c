/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim: all hosts of a file as namespaces of this machine. Each host's part is applied by what applies it on a real
 * one; only where it runs differs.
 */
#include "cmd/commands.h"

#include "cmd/apply.h"
#include "cmd/checks.h"
#include "cmd/simulation.h"
#include "cmd/status.h"

#include "model/classes.h"
#include "model/cleanup.h"
#include "model/link.h"
#include "model/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TUN_DEVICE "/dev/net/tun"
#define NO_LOCK	   (-1)

/* ---- up ---- */

static bool needs_tun(const struct simulation *simulation)
{
	const struct object *object;
	const struct link *link;
	size_t i, j;

	for (i = 0; i < simulation->n_hosts; i++)
		MODEL_FOR_EACH (object, simulation->hosts[i].topology->want, j) {
			if (object->class != &class_link)
				continue;
			link = object_link(object);
			if (text_equal(link->type, "tap") || text_equal(link->type, "tun"))
				return true;
		}
	return false;
}

/* The device belongs to the machine, whatever we are inside: better said before anything is started. */
static int check_tun(const struct simulation *simulation)
{
	if (!needs_tun(simulation) || faccessat(AT_FDCWD, TUN_DEVICE, R_OK | W_OK, AT_EACCESS) == 0)
		return 0;
	fprintf(stderr, "vnetapply: %s: %s; tap devices need it\n", TUN_DEVICE, strerror(errno));
	if (errno == ENOENT) {
		fputs("  as root: modprobe tun\n", stderr);
		return STATUS_UNAVAILABLE;
	}
	fputs("  as root: chmod 666 " TUN_DEVICE ", or run this as root\n", stderr);
	return STATUS_NOT_PERMITTED;
}

static void say(const struct options *options, const char *name, const char *text)
{
	if (!options->quiet)
		printf("%s: %s\n", name, text);
}

/* Starts the holder where there is none. */
static int start(struct simulation *simulation, bool *started)
{
	const struct session *session = &simulation->session;
	struct error err = { 0 };

	if (sim_is_up(simulation->sim))
		return 0;
	if (sim_is_stale(simulation->sim))
		say(session->options, session->name,
		    "the former simulation has ended; starting anew");
	if (sim_start(simulation->sim, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	*started = true;
	return 0;
}

/* Hosts that are no longer in the file. */
static int remove_hosts(struct simulation *simulation)
{
	const struct options *options = simulation->session.options;
	struct error err = { 0 };
	const char *const *names;
	size_t n = sim_hosts(simulation->sim, &names);

	/* Stopping one makes a new list; the old one stays as it is. */
	for (size_t i = 0; i < n; i++) {
		if (simulation_find(simulation, names[i]))
			continue;
		if (sim_host_stop(simulation->sim, names[i], &err) < 0)
			return status_print(PHASE_LIVE, &err);
		say(options, names[i], "no longer in the file, removed");
	}
	return 0;
}

struct host_run {
	const struct simulation *simulation;
	const struct simulated_host *host;
};

static const struct command *find_command(const struct options *options, const char *name)
{
	const struct command *command = options->commands;

	while (command->name && strcmp(command->name, name) != 0)
		command++;
	return command;
}

/* Inside the host. The document is the caller's, read once: standard input, too, can be read only once. */
static int apply_inside(void *data)
{
	const struct host_run *run = data;
	const struct session *outer = &run->simulation->session;
	struct options options = *outer->options;
	AUTO_SESSION struct session session = SESSION_CLOSED;

	options.host = run->host->key;
	options.command = find_command(&options, "apply");
	session_init(&session, &options);
	diag_free(session.diag);
	session.diag = outer->diag;
	session.document = outer->document;
	return apply_session(&session, !options.quiet && options.format != FORMAT_JSON);
}

static int apply_host(const struct simulation *simulation, const struct simulated_host *host)
{
	struct host_run run = { simulation, host };
	struct error err = { 0 };
	int status = STATUS_INTERNAL;

	if (!sim_host_is_up(simulation->sim, host->name) &&
	    sim_host_start(simulation->sim, host->name, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	if (sim_run(simulation->sim, host->name, apply_inside, &run, &status, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	return status;
}

/* All hosts, also after one that failed; the first failure is the exit status. */
static int apply_hosts(const struct simulation *simulation)
{
	const struct options *options = simulation->session.options;
	const bool color = output_has_color(stdout, options->color);
	int status, result = STATUS_DONE;

	for (size_t i = 0; i < simulation->n_hosts; i++) {
		const struct simulated_host *host = &simulation->hosts[i];

		if (!options->quiet)
			printf("%s%shost %s%s\n", i ? "\n" : "", output_style(STYLE_BOLD, color),
			       host->name, output_plain(color));
		status = apply_host(simulation, host);
		if (!result)
			result = status;
	}
	return result;
}

int cmd_sim_up(const struct options *options)
{
	AUTO_SIMULATION struct simulation simulation;
	struct error err = { 0 };
	bool started = false;
	int r;

	simulation_init(&simulation, options);
	r = simulation_read(&simulation);
	if (!r)
		r = check_tun(&simulation);
	if (r)
		return r;
	if (sim_open(&simulation.sim, simulation.session.name, (int)options->lock_timeout_ms,
		     &err) < 0)
		return status_print(PHASE_LOCK, &err);
	r = start(&simulation, &started);
	if (!r)
		r = remove_hosts(&simulation);
	if (!r)
		r = underlay_apply(&simulation, options->underlay_mtu);
	if (!r)
		r = simulation_make_keys(&simulation);
	if (r && started && sim_stop(simulation.sim, &err) < 0)
		(void)status_print(PHASE_LIVE, &err);
	if (r)
		return r;
	r = apply_hosts(&simulation);
	if (!r && started && !options->quiet)
		printf("\n%s is up; to look inside: vnetapply sim exec --name %s %s -- COMMAND\n",
		       simulation.session.name, simulation.session.name, simulation.hosts[0].name);
	return r;
}

/* ---- exec ---- */

struct place_run {
	const struct options *options;
	char *place;
	char **command;
};

static int exec_inside(void *data)
{
	const struct place_run *run = data;
	struct options options = *run->options;

	if (*run->place) {
		options.arguments[0] = run->place;
		return cmd_exec(&options);
	}
	execvp(run->command[0], run->command);
	fprintf(stderr, "vnetapply: %s: %s\n", run->command[0], strerror(errno));
	return errno == ENOENT ? STATUS_NO_COMMAND : STATUS_NO_EXECUTION;
}

static bool has_host(const struct sim *sim, const char *name)
{
	const char *const *names;
	const size_t n = sim_hosts(sim, &names);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* "HOST", "HOST/NAMESPACE"; where there is one host, "NAMESPACE" too. "host" is a host's own place. */
static int split_path(const struct sim *sim, char *path, const char **host, char **place)
{
	AUTO_TEXT struct text known = { 0 };
	const char *const *names;
	const size_t n = sim_hosts(sim, &names);
	char *slash = strchr(path, '/');

	if (slash)
		*slash = '\0';
	*host = path;
	*place = slash ? slash + 1 : path + strlen(path);
	if (!has_host(sim, path) && !slash && n == 1) {
		*host = names[0];
		*place = path;
	}
	if (!strcmp(*place, "host"))
		*place += strlen(*place);
	if (has_host(sim, *host))
		return 0;
	for (size_t i = 0; i < n; i++)
		text_add(&known, "%s%s", i ? ", " : "", names[i]);
	return usage_error("sim exec", "there is no host %s; expected one of %s", *host,
			   text_get(&known));
}

/* Of a simulation that is there. */
static int open_by_name(struct simulation *simulation, int lock_timeout_ms)
{
	const struct options *options = simulation->session.options;
	struct error err = { 0 };
	int r;

	if (!options->n_files && !options->name)
		return usage_error(options->command->name,
				   "which topology? -f FILE or --name NAME");
	r = session_find_name(&simulation->session);
	if (r)
		return r;
	if (sim_open(&simulation->sim, simulation->session.name, lock_timeout_ms, &err) < 0)
		return status_print(PHASE_LOCK, &err);
	return 0;
}

static int not_up(const struct session *session)
{
	fprintf(stderr, "vnetapply: %s is not simulated here; first: vnetapply sim up\n",
		session->name);
	return STATUS_FAILED;
}

int cmd_sim_exec(const struct options *options)
{
	AUTO_SIMULATION struct simulation simulation;
	struct place_run run = { .options = options, .command = options->arguments + 1 };
	struct error err = { 0 };
	const char *host;
	int status = STATUS_INTERNAL, r;

	if (!strcmp(run.command[0], "--") && run.command[1])
		run.command++;
	simulation_init(&simulation, options);
	r = open_by_name(&simulation, NO_LOCK);
	if (!r && !sim_is_up(simulation.sim))
		r = not_up(&simulation.session);
	if (!r)
		r = split_path(simulation.sim, options->arguments[0], &host, &run.place);
	if (r)
		return r;
	if (sim_run(simulation.sim, host, exec_inside, &run, &status, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	return status;
}

/* ---- check ---- */

static int open_place(void *data, const char *host, const char *place, struct error *err)
{
	const struct simulation *simulation = data;

	return sim_place(simulation->sim, host ? host : simulation->hosts[0].name, place, err);
}

int cmd_sim_check(const struct options *options)
{
	AUTO_SIMULATION struct simulation simulation;
	const struct checks_runner runner = { open_place, &simulation, true };
	struct checks_outcome outcome;
	struct error err = { 0 };
	int r;

	simulation_init(&simulation, options);
	r = simulation_read(&simulation);
	if (r)
		return r;
	if (sim_open(&simulation.sim, simulation.session.name, NO_LOCK, &err) < 0)
		return status_print(PHASE_LOCK, &err);
	if (!sim_is_up(simulation.sim))
		return not_up(&simulation.session);
	if (sim_visit(simulation.sim, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	checks_run(simulation.hosts[0].topology, simulation.session.document, &runner, options,
		   &outcome);
	return outcome.n_failed ? STATUS_DIFFERENT : STATUS_DONE;
}

/* ---- down ---- */

int cmd_sim_down(const struct options *options)
{
	AUTO_SIMULATION struct simulation simulation;
	struct error err = { 0 };
	const char *text;
	int r;

	simulation_init(&simulation, options);
	r = open_by_name(&simulation, (int)options->lock_timeout_ms);
	if (r)
		return r;
	text = sim_is_up(simulation.sim)      ? "taken down, nothing of it is left"
	       : sim_is_stale(simulation.sim) ? "had ended by itself, its record is removed"
					      : "is not simulated here, nothing to do";
	if (sim_stop(simulation.sim, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	say(options, simulation.session.name, text);
	return STATUS_DONE;
}
