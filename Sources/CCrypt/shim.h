#ifndef CHAT_CCRYPT_SHIM_H
#define CHAT_CCRYPT_SHIM_H
#include <crypt.h>
#endif
