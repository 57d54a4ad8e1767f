/* case_status.h: `gridloop case status RECEIPT`. */
#ifndef ENGINE_CLI_CASE_STATUS_H
#define ENGINE_CLI_CASE_STATUS_H

int case_status(int argc, char **argv);

#endif
