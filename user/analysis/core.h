/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Included last by every .c file of the analysis. The analysis is pure: the
 * same events give the same facts, on every machine, at any time. It has no
 * I/O, no clock and no heap except the memory that it is given. Code that
 * breaks this rule does not compile.
 */
#ifndef DTLSNOOP_ANALYSIS_CORE_H
#define DTLSNOOP_ANALYSIS_CORE_H

#undef alloca

#pragma GCC poison malloc calloc realloc reallocarray free strdup strndup alloca
#pragma GCC poison printf fprintf vprintf vfprintf puts fputs putchar perror syslog
#pragma GCC poison fopen fread fwrite fgets popen system getenv exit abort
#pragma GCC poison clock_gettime gettimeofday clock nanosleep usleep sleep
#pragma GCC poison rand srand srandom getrandom

/* These headers have names too short to poison. inet_ntop() is pure, but its header includes one of them. */
#if defined(_UNISTD_H) || defined(_FCNTL_H) || defined(_TIME_H) || \
	(defined(_SYS_SOCKET_H) && !defined(CORE_NEEDS_INET_NTOP))
#error "the analysis has no I/O and no clock"
#endif

#endif
