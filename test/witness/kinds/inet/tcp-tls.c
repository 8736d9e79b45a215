#include "witness.h"
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Encryption in the kernel (nginx and sendfile). */
int main(void) {
  struct tcp pair = tcp_pair();
  if (setsockopt(pair.client, IPPROTO_TCP, TCP_ULP, "tls", 3)) lacking("TCP_ULP tls: %s", strerror(errno));
  struct tls12_crypto_info_aes_gcm_128 key = {.info = {TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128}};
  if (setsockopt(pair.client, SOL_TLS, TLS_TX, &key, sizeof key)) lacking("TLS_TX: %s", strerror(errno));
  ready();
  char name[16] = "";
  socklen_t length = sizeof name;
  must(!getsockopt(pair.client, IPPROTO_TCP, TCP_ULP, name, &length));
  same_text("TCP_ULP", name, "tls");
  return 0;
}
