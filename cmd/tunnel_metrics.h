/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of tunnels in the text format of Prometheus, version 0.0.4. */
#ifndef CMD_TUNNEL_METRICS_H
#define CMD_TUNNEL_METRICS_H

#include "model/node.h"

/* LIST is what tunnel_status gives. */
void tunnel_metrics_print(const char *topology, const struct node *list);

#endif
