/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal - numbers compared as they are written, so that 0.1 is 0.1 and no digit is lost in a double (RFC 7643 2.3.3).
 */
#ifndef ROSTER_BASE_DECIMAL_H
#define ROSTER_BASE_DECIMAL_H

#include "roster/base/str.h"

/* <0, 0, >0. Both are numbers by the grammar of RFC 8259 6 (not checked: what is none compares somehow, in bounds). 1, 1.0 and
 * 10e-1 are equal, and so are 0 and -0. */
int decimal_cmp(struct str a, struct str b);

#endif
