/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/port_cost.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <netlink/socket.h>

#define SPEED_OF_VETH 10000u
#define COST_UNKNOWN  100u

/* Of the speeds between and above earlier versions of Linux know nothing, or give 1 Gbit/s another cost. */
static const struct {
	uint32_t speed, cost;
} costs[] = {
	{ SPEED_10, 100 },
	{ SPEED_100, 19 },
	{ SPEED_10000, 2 },
	{ (uint32_t)SPEED_UNKNOWN, COST_UNKNOWN },
};

static uint32_t cost_of_speed(uint32_t speed)
{
	for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
		if (costs[i].speed == speed)
			return costs[i].cost;
	return 0;
}

/*
 * In Mbit/s. False: nobody can be asked. Any socket asks in its namespace. The header's own ethtool_cmd_speed() shifts
 * into the sign.
 */
static bool speed_ask(struct nl_sock *socket, const char *name, uint32_t *ret)
{
	struct ethtool_cmd command = { .cmd = ETHTOOL_GSET };
	struct ifreq request = { .ifr_data = (void *)&command };

	if (strlen(name) >= sizeof(request.ifr_name))
		return false;
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(nl_socket_get_fd(socket), SIOCETHTOOL, &request) == 0)
		*ret = (uint32_t)command.speed_hi << 16 | command.speed;
	else if (errno == EOPNOTSUPP)
		*ret = (uint32_t)SPEED_UNKNOWN;
	else
		return false;
	return true;
}

static bool is_some_kernels(uint32_t cost)
{
	return cost <= 5 || cost == 19 || cost == COST_UNKNOWN;
}

uint32_t port_cost_of_kernel(const struct link *link, struct nl_sock *socket, const char *name)
{
	uint32_t speed;

	if (ref_is_set(&link->link) && is_some_kernels(link->port.path_cost))
		return 0;
	if (link->kind && !strcmp(link->kind->name, "veth"))
		return cost_of_speed(SPEED_OF_VETH);
	/* The kernel goes by these names where it knows no speed. */
	if (!strncmp(name, "lec", 3) || !strncmp(name, "plip", 4) ||
	    !speed_ask(socket, name, &speed))
		return 0;
	return cost_of_speed(speed);
}
