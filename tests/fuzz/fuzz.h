/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz - what a fuzz target is made of. A target aborts where it finds a fault.
 *
 * With driver.c a target is a TAP program for `make check`: it runs over the files named on its command line, or over
 * the folders fuzz_corpus and tests/fuzz/corpus/TARGET of the source tree, each file as it is, cut and changed in places.
 * tests/fuzz/run fuzzes a target with libFuzzer; see README in this folder.
 */
#ifndef ROSTER_TESTS_FUZZ_H
#define ROSTER_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The target's folder of examples, below $top_srcdir. */
extern const char fuzz_corpus[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
