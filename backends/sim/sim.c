/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contract of backends/sim.h over records and processes. */
#include "backends/sim.h"

#include "backends/sim/init.h"
#include "backends/sim/record.h"
#include "backends/sim/run.h"
#include "model/arena.h"
#include "model/cleanup.h"
#include "model/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct sim {
	struct arena *arena;
	char base[PATH_MAX];
	const char *directory;
	int lock;
	struct process holder;
	const char **hosts;
	size_t n_hosts;
};

static const char *host_file(const struct sim *sim, const char *host)
{
	return arena_printf(sim->arena, RECORD_HOST_PREFIX "%s", host);
}

static int compare_names(const void *a, const void *b)
{
	return text_compare_natural(*(const char *const *)a, *(const char *const *)b);
}

static void read_hosts(struct sim *sim)
{
	DIR *stream = opendir(sim->directory);
	const struct dirent *entry;
	const char **longer;

	sim->n_hosts = 0;
	while (stream && (entry = readdir(stream))) {
		if (!text_starts_with(entry->d_name, RECORD_HOST_PREFIX))
			continue;
		longer = arena_alloc(sim->arena, (sim->n_hosts + 1) * sizeof(*longer));
		if (sim->n_hosts)
			memcpy(longer, sim->hosts, sim->n_hosts * sizeof(*longer));
		longer[sim->n_hosts++] =
			arena_strdup(sim->arena, entry->d_name + strlen(RECORD_HOST_PREFIX));
		sim->hosts = longer;
	}
	if (stream)
		closedir(stream);
	if (sim->n_hosts)
		qsort(sim->hosts, sim->n_hosts, sizeof(*sim->hosts), compare_names);
}

int sim_open(struct sim **ret, const char *topology, int lock_timeout_ms, struct error *err)
{
	struct arena *arena = arena_new();
	struct sim *sim = ARENA_NEW(arena, struct sim);
	int r;

	sim->arena = arena;
	sim->lock = -1;
	r = sim_record_base(sim->base, err);
	if (r == 0 && lock_timeout_ms >= 0) {
		sim->lock = sim_record_lock(sim->base, lock_timeout_ms, err);
		r = sim->lock < 0 ? sim->lock : 0;
	}
	if (r < 0) {
		sim_close(sim);
		return r;
	}
	sim->directory = arena_printf(arena, "%s/%s", sim->base, topology);
	sim->holder = sim_record_read(sim->directory, RECORD_HOLDER);
	read_hosts(sim);
	*ret = sim;
	return 0;
}

void sim_close(struct sim *sim)
{
	if (!sim)
		return;
	if (sim->lock >= 0) {
		(void)rmdir(sim->base); /* made for the lock; stays where there is a record */
		close(sim->lock);
	}
	arena_free(sim->arena);
}

bool sim_is_up(const struct sim *sim)
{
	return process_is_alive(&sim->holder);
}

bool sim_is_stale(const struct sim *sim)
{
	return access(sim->directory, F_OK) == 0 && !sim_is_up(sim);
}

int sim_start(struct sim *sim, struct error *err)
{
	const struct init_options options = { 0 };
	struct process holder;
	int release, r = sim_stop(sim, err);

	if (r == 0)
		r = init_start(&holder, &release, &options, err);
	if (r < 0)
		return r;
	/* sim_stop may have removed it with the last record; the lock on it is ours no less. */
	(void)mkdir(sim->base, 0700);
	r = sim_record_write(sim->directory, RECORD_HOLDER, &holder, err);
	if (r < 0) {
		close(release);
		return r;
	}
	sim->holder = holder;
	return init_confirm(release, err);
}

int sim_stop(struct sim *sim, struct error *err)
{
	int r = process_end(&sim->holder, err);

	if (r == 0)
		r = sim_record_clear(sim->base, sim->directory, err);
	if (r < 0)
		return r;
	sim->holder = (struct process){ 0 };
	sim->n_hosts = 0;
	return 0;
}

size_t sim_hosts(const struct sim *sim, const char *const **ret)
{
	*ret = sim->hosts;
	return sim->n_hosts;
}

static struct process host_process(const struct sim *sim, const char *host)
{
	return sim_record_read(sim->directory, host_file(sim, host));
}

bool sim_host_is_up(const struct sim *sim, const char *host)
{
	const struct process process = host_process(sim, host);

	return process_is_alive(&process);
}

int sim_host_start(struct sim *sim, const char *host, struct error *err)
{
	const struct init_options options = { &sim->holder, host };
	struct process process;
	int release, r = init_start(&process, &release, &options, err);

	if (r < 0)
		return error_add_context(err, "host %s", host);
	r = sim_record_write(sim->directory, host_file(sim, host), &process, err);
	if (r < 0) {
		close(release);
		return r;
	}
	read_hosts(sim);
	return init_confirm(release, err);
}

int sim_host_stop(struct sim *sim, const char *host, struct error *err)
{
	const struct process process = host_process(sim, host);
	int r = process_end(&process, err);

	if (r == 0)
		r = sim_record_remove(sim->directory, host_file(sim, host), err);
	read_hosts(sim);
	return r;
}

int sim_visit(const struct sim *sim, struct error *err)
{
	return process_enter(&sim->holder, CLONE_NEWUSER | CLONE_NEWNET, err);
}

int sim_place(const struct sim *sim, const char *host, const char *place, struct error *err)
{
	const struct process process = host_process(sim, host);
	char path[PATH_MAX];
	int fd;

	if (!process_is_alive(&process))
		return error_set(err, ESRCH, "host %s is not up", host);
	if (*place)
		snprintf(path, sizeof(path), "/proc/%d/root/run/netns/%s", process.pid, place);
	else
		snprintf(path, sizeof(path), "/proc/%d/ns/net", process.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "%s/%s: %s", host, *place ? place : "host",
				 errno == ENOENT ? "there is no such namespace" : strerror(errno));
	return fd;
}

int sim_run(const struct sim *sim, const char *host, int (*run)(void *data), void *data,
	    int *status, struct error *err)
{
	const struct process process = host ? host_process(sim, host) : sim->holder;

	if (!process_is_alive(&process))
		return error_set(err, ESRCH,
				 host ? "host %s is not up" : "the simulation is not up", host);
	return run_inside(&process, run, data, status, err);
}
