/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control protocol between vnetapply and vnettunnel.
 *
 * One message is one datagram on a SOCK_SEQPACKET unix socket: an 8 byte header ('V' 'T', version,
 * type, total length) and attributes (backends/tunnel/wire.h). What is too long for that is sent as protocol_socket.h has it. A request gets exactly one reply.
 * An unknown or repeated attribute is an error, never ignored: a worker that does not know a
 * setting must not pretend to apply it. In STATE what is unknown is skipped, so that a worker of a
 * later version can still be looked at; so is an attribute of CONFIG from 0x8000 on, which is no setting. The configuration file of a worker is a CONFIGURE message.
 *
 * Decoders are pure functions on bytes; they accept anything and check every bound.
 */
#ifndef BACKENDS_TUNNEL_PROTOCOL_H
#define BACKENDS_TUNNEL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <sys/socket.h>

#define WORKER_PROTOCOL_VERSION 1
#define WORKER_MESSAGE_MAX	(1024u * 1024) /* more than all that the other limits allow */
#define WORKER_NAME_SIZE	64
#define WORKER_PEERS_MAX	1024u
#define WORKER_ENDPOINTS_MAX	4u /* of one peer */
#define WORKER_MACS_MAX		16384u
#define WORKER_TEXT_SIZE	256
#define WORKER_LABEL_SIZE	192
#define WORKER_PATH_SIZE	512
#define WORKER_KEY_TEXT		45  /* 32 bytes in base64 and a NUL */
#define WORKER_BUILD_SIZE	65  /* 32 bytes in hexadecimal and a NUL */
#define WORKER_HOST_SIZE	254 /* the longest name of DNS and a NUL */

#define WORKER_MTU_MIN		  68
#define WORKER_MTU_MAX		  65489 /* 65535 - IPv4 20 - UDP 8 - Ethernet 14 - VLAN tag 4 */
#define WORKER_PORT_DEFAULT	  40000
#define WORKER_MAC_LIMIT_DEFAULT  10000u
#define WORKER_MAC_LIMIT_MAX	  1000000u
#define WORKER_MAC_AGEING_DEFAULT 300u /* seconds, as a kernel bridge */
#define WORKER_FLAPS_MAX	  64u

enum worker_message {
	WORKER_CONFIGURE = 1, /* a complete configuration; reply DONE */
	WORKER_QUERY,	      /* reply CONFIG */
	WORKER_STATUS,	      /* reply STATE */
	WORKER_STOP, /* reply DONE; the connection closes when the worker has let go of everything */
	WORKER_DONE,
	WORKER_CONFIG,
	WORKER_STATE,
	WORKER_FAILED,	/* errno and a text */
	WORKER_REPLACE, /* execute another program in this one's place; reply DONE, by the other */
};

/* An IP address and a UDP port. Family AF_UNSPEC: no address, for `local` any address. */
struct worker_endpoint {
	uint16_t family, port;
	uint8_t address[16]; /* IPv4: the first 4 bytes, the rest 0 */
};

enum worker_encryption { WORKER_PLAIN, WORKER_NOISE };

struct worker_peer {
	char name[WORKER_NAME_SIZE];
	/*
	 * With encryption it may have none: the peer finds us. A name for HOST stands for the address, and
	 * the worker looks it up, now and then again; the port is the endpoint's. The others are used in turn
	 * while the first cannot be reached; of a name the worker finds them itself.
	 */
	struct worker_endpoint endpoint, others[WORKER_ENDPOINTS_MAX - 1];
	uint32_t other_count;
	char host[WORKER_HOST_SIZE];
	char public_key[WORKER_KEY_TEXT];
	uint32_t first_mac, mac_count; /* static entries, in worker_config.macs */
};

/* What moves many frames at the cost of one. None of it shows on the wire. */
enum worker_offload {
	WORKER_OFFLOAD_TSO = 1 << 0,	  /* TCP super-frames from the TAP */
	WORKER_OFFLOAD_USO = 1 << 1,	  /* the same of UDP */
	WORKER_OFFLOAD_GSO = 1 << 2,	  /* UDP_SEGMENT on sending */
	WORKER_OFFLOAD_GRO = 1 << 3,	  /* UDP_GRO on receiving */
	WORKER_OFFLOAD_COALESCE = 1 << 4, /* super-frames to the TAP */
	WORKER_OFFLOAD_BATCH = 1 << 5,	  /* recvmmsg, sendmmsg, and sending after many reads */
	WORKER_OFFLOAD_ALL = (1 << 6) - 1,
};

/* What goes to every peer. */
enum worker_flood {
	WORKER_FLOOD_BROADCAST,
	WORKER_FLOOD_MULTICAST,
	WORKER_FLOOD_UNKNOWN, /* unicast, to an address that nobody was heard from */
	WORKER_FLOOD_COUNT,
};
#define WORKER_FLOOD_DEFAULT                                                                       \
	{                                                                                          \
		1000, 10000, 10000                                                                 \
	}

/* Zero-initialise, worker_config_init, fill, worker_config_clear. Owns peers and macs. */
struct worker_config {
	char label[WORKER_LABEL_SIZE]; /* what the client calls the tunnel; no meaning here */
	char interface[IFNAMSIZ];      /* an existing persistent TAP */
	struct worker_endpoint local;  /* where to receive: one address and its family, or any */
	/* The same of the other family, with the port of the first. AF_UNSPEC: none. */
	struct worker_endpoint other_local;
	uint16_t mtu; /* without the Ethernet header; 0: the TAP's own, followed when it changes */
	bool mac_learning;
	uint32_t mac_limit, mac_ageing;		  /* learned entries; seconds */
	uint32_t flood_limit[WORKER_FLOOD_COUNT]; /* frames per second; 0: none */
	uint32_t
		offloads; /* enum worker_offload, those that may be used where the kernel has them */
	struct worker_peer *peers;
	uint32_t peer_count, peer_room;
	uint8_t (*macs)[6];
	uint32_t mac_count, mac_room;
	/*
	 * The worker reads the files itself, when it is configured: secrets are in no message. A public key
	 * that is given must belong to the private one; giving another has the file read anew.
	 */
	uint8_t encryption; /* enum worker_encryption */
	char key_file[WORKER_PATH_SIZE],
		psk_file[WORKER_PATH_SIZE]; /* absolute; psk_file may be "" */
	char public_key[WORKER_KEY_TEXT];
	uint16_t keepalive; /* seconds; 0: none */
	bool do_not_fragment; /* what is too large for a path is dropped, and its sender told, encrypted or not */
	/*
	 * Of CONFIG only: the network namespace of the worker, as stat(2) of its nsfs file has it, and its build
	 * (protocol_build.h), "" of one that does not say.
	 */
	uint64_t netns_device, netns_inode;
	char build[WORKER_BUILD_SIZE];
};

enum worker_drop {
	WORKER_DROP_UNKNOWN_SOURCE, /* a datagram from an address that no peer has */
	WORKER_DROP_SHORT,	    /* less than an Ethernet header */
	WORKER_DROP_LONG,	    /* more than the MTU allows */
	WORKER_DROP_SOURCE_MAC,	    /* source address zero or a group */
	WORKER_DROP_NO_PEER,	    /* from the TAP, with no peer to send to */
	WORKER_DROP_TOO_BIG,	    /* EMSGSIZE: larger than the underlay carries */
	WORKER_DROP_NO_BUFFER,	    /* EAGAIN, ENOBUFS, ENOMEM on sending */
	WORKER_DROP_UNREACHABLE,    /* refused, no route, network down */
	WORKER_DROP_SEND,	    /* any other error on sending */
	WORKER_DROP_TAP_DOWN,	    /* the TAP is not up */
	WORKER_DROP_TAP,	    /* any other error on writing to the TAP */
	/* With encryption. */
	WORKER_DROP_MALFORMED,	    /* none of the protocol's messages */
	WORKER_DROP_HANDSHAKE,	    /* not for us, of no peer, or not authentic */
	WORKER_DROP_HANDSHAKE_RATE, /* too many */
	WORKER_DROP_HANDSHAKE_OLD,  /* replayed, or of a clock that was set back */
	WORKER_DROP_NO_SESSION,	    /* under a key that is not or no longer known */
	WORKER_DROP_REPLAY,	    /* seen before, or too old to know */
	WORKER_DROP_FORGED,	    /* not authentic */
	WORKER_DROP_QUEUE,	    /* to a peer that did not answer in time */
	/* Over flood_limit. */
	WORKER_DROP_BROADCAST_RATE,
	WORKER_DROP_MULTICAST_RATE,
	WORKER_DROP_UNKNOWN_RATE,
	WORKER_DROP_LOOP, /* of a station that is on both sides */
	WORKER_DROP_COUNT,
};

struct worker_traffic {
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes; /* rx: from the underlay */
};

struct worker_peer_state {
	char name[WORKER_NAME_SIZE];
	struct worker_endpoint endpoint, others[WORKER_ENDPOINTS_MAX]; /* in use; not in use */
	uint32_t other_count;
	uint64_t heard_ago;	/* milliseconds, UINT64_MAX: never */
	uint64_t handshake_ago; /* the same, of the key in use; never without encryption */
	struct worker_traffic traffic;
	/* Of the underlay; 0: not known. The first is the least of what the kernel knows and what probes found. */
	uint32_t path_mtu, kernel_mtu;
	uint32_t probed_mtu;		   /* the largest that was answered */
	uint32_t rtt;			   /* microseconds; 0: not known */
	uint64_t drops[WORKER_DROP_COUNT]; /* of what it sent or was to get */
};

/* What holds the data plane, in words: a user's number, "on", "off: not in this kernel". "": not known. */
struct worker_sandbox {
	char user[32], seccomp[48], landlock[48];
};

/* An address that moves to and fro between two peers, or "", which is this host. */
struct worker_flap {
	uint8_t mac[6];
	char places[2][WORKER_NAME_SIZE];
	uint64_t count, ago; /* changes of place; milliseconds */
};

/* Zero-initialise; worker_state_clear frees the peers. */
struct worker_state {
	uint64_t config_hash, uptime; /* milliseconds */
	uint32_t learned_macs, static_macs, here_macs, mac_limit;
	uint64_t mac_moves, mac_refused, mac_conflicts, mac_flaps, receive_errors;
	uint32_t offloads_wanted, offloads_known; /* by the configuration; by the kernel */
	struct worker_flap flaps[WORKER_FLAPS_MAX];
	uint32_t flap_count;
	uint64_t drops[WORKER_DROP_COUNT]; /* with those of the peers, and of former peers */
	struct worker_traffic traffic;
	struct worker_peer_state *peers;
	uint32_t peer_count;
	/* Of the process that moves the frames. */
	uint64_t plane_uptime; /* milliseconds, UINT64_MAX: it does not run */
	uint32_t restarts;
	char last_end[WORKER_TEXT_SIZE]; /* why it was started again last; "": never */
	struct worker_sandbox sandbox;
};

/*
 * The name of another file of the worker at the control socket CONTROL ("….sock"): its stored
 * configuration ("….conf"), its log ("….log"). -ENAMETOOLONG.
 */
int worker_file_name(const char *control, const char *suffix, char *ret, size_t size);

bool worker_endpoint_equal(const struct worker_endpoint *a, const struct worker_endpoint *b);

/* Short lower-case word for output: "unknown-source". */
const char *worker_drop_name(enum worker_drop drop);

/* Defaults: any local address, port 40000, the TAP's MTU, learning on. */
void worker_config_init(struct worker_config *config);
/* Append a peer, then other addresses and static entries of the last peer. -E2BIG over the limit, -ENOMEM, -EINVAL: name. */
int worker_config_add_peer(struct worker_config *config, const char *name,
			   const struct worker_endpoint *endpoint);
int worker_config_add_endpoint(struct worker_config *config,
			       const struct worker_endpoint *endpoint);
int worker_config_add_mac(struct worker_config *config, const uint8_t mac[6]);
void worker_config_clear(struct worker_config *config);
/* Equal hashes: equal configurations, in the order of peers and entries too. Not cryptographic. */
uint64_t worker_config_hash(const struct worker_config *config);
void worker_state_clear(struct worker_state *state);

/*
 * Encode into data[size]. Return the length or -E2BIG. REQUEST is one of QUERY, STATUS, STOP, DONE.
 */
int worker_encode_plain(enum worker_message request, uint8_t *data, size_t size);
/* TYPE is CONFIGURE or CONFIG; CONFIG carries the hash and the namespace too. */
int worker_encode_config(enum worker_message type, const struct worker_config *config,
			 uint8_t *data, size_t size);
int worker_encode_replace(const char *program, uint8_t *data, size_t size);
int worker_encode_state(const struct worker_state *state, uint8_t *data, size_t size);
int worker_encode_failure(int code, const char *text, uint8_t *data, size_t size);

/*
 * Check the header; *ret is the type. -EBADMSG: not a message; -EPROTONOSUPPORT: another version.
 * The other decoders expect a message of their type and return the same errors; *ret is filled
 * (and must be cleared by the caller) only on success.
 */
int worker_decode_type(const uint8_t *data, size_t length, enum worker_message *ret);
int worker_decode_config(const uint8_t *data, size_t length, struct worker_config *ret);
int worker_decode_replace(const uint8_t *data, size_t length, char ret[WORKER_PATH_SIZE]);
int worker_decode_state(const uint8_t *data, size_t length, struct worker_state *ret);
/* *ret is a positive errno. */
int worker_decode_failure(const uint8_t *data, size_t length, int *ret,
			  char text[WORKER_TEXT_SIZE]);

#endif
