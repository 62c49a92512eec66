/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between a tunnel of the model and the configuration of a worker.
 */
#ifndef BACKENDS_TUNNEL_CONVERT_H
#define BACKENDS_TUNNEL_CONVERT_H

#include "backends/tunnel.h"
#include "backends/tunnel/protocol.h"
#include "model/error.h"
#include "model/model.h"

#define TUNNEL_ENDPOINT_MAX 64

/*
 * What the worker and its files are called: "host/lan", "ns1/lan". It tells the object again
 * when only the worker is left.
 */
const char *tunnel_label(const struct object *object, char ret[WORKER_LABEL_SIZE]);
/* Cuts LABEL at its slash; *place is "" for the host's own. False: it is no label. */
bool tunnel_label_split(char *label, const char **place, const char **name);

/*
 * "192.0.2.5:40000", "[2001:db8::5]:40000", or an address alone, which gets DEFAULT_PORT. The same with a name, which
 * HOST then has (else ""), and *ret the port alone.
 */
bool tunnel_endpoint_parse(const char *text, uint16_t default_port, struct worker_endpoint *ret,
			   char host[WORKER_HOST_SIZE]);
const char *tunnel_endpoint_format(const struct worker_endpoint *endpoint,
				   char ret[TUNNEL_ENDPOINT_MAX]);

/* *ret is to be cleared by the caller, on failure too. */
int tunnel_to_config(const struct object *object, struct worker_config *ret, struct error *err);
/*
 * Fills the data of OBJECT; its strings live in ARENA. WANT is the wanted object of the same name, or
 * NULL: where it writes an endpoint or the interface's place in another way, that way is taken.
 */
void tunnel_from_config(struct object *object, const struct worker_config *config,
			const struct object *want, struct arena *arena);

#endif
