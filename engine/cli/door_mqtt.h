/* door_mqtt.h: MQTT topics as events: a client of a broker, with a session that outlives it. */
#ifndef ENGINE_CLI_DOOR_MQTT_H
#define ENGINE_CLI_DOOR_MQTT_H

#include "engine/cli/door_way.h"

struct door_mqtt_options {
    struct door_way_options way;
    const char *broker;        /* HOST:PORT */
    const char *client;        /* client id, or NULL */
    const char *topic;         /* in place of the map's topics, or NULL */
    const char *user;          /* or NULL */
    const char *password_file; /* its first line; or NULL */
    const char *ca_file;       /* TLS against these; or NULL */
};

/* Returns the exit code. */
int door_mqtt_run(const struct door_mqtt_options *options);

#endif
