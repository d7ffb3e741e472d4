/**
 * An authority of the tests, and a certificate by it for example.org and *.mx.example.net: good for a hundred years, and for tests alone. Made as
 * test/e2e/bed/certificates.ts does it. commands/made-up-certificate.ts has one that nobody signed.
 */

export const authority = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUJV35BDsAp9fbjjliFjJ/vekDOhUwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOYXV0aG9yaXR5LnRlc3QwIBcNMjYxMTI1MTAyMDM4WhgPMjEy
NjExMDExMDIwMzhaMBkxFzAVBgNVBAMMDmF1dGhvcml0eS50ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEh6fUPawNm/vZUlhtbyZ6e1jiyxqw3mq084SK8gii
kynIZx4og4nCDbHpaVXoHhxXee++8VEwJt2t5tiwPFQ3kaM/MD0wDwYDVR0TAQH/
BAUwAwEB/zALBgNVHQ8EBAMCAgQwHQYDVR0OBBYEFJqlvoAjEs9M02fWBPAGv4J9
06vcMAoGCCqGSM49BAMCA0gAMEUCIB/rRCdBXOpheEIxWMbBjLUwikjZs2UxPFBS
dQqSxkSBAiEAmVbu79rcU6vA7YOhqZfFJPwGVI+rMsjsEYGEI4UOEao=
-----END CERTIFICATE-----
`;
export const serverKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQged63eycqMyjnW6o5
tMcyfEsnrgqrpbUZxW+eOTD8TiGhRANCAAQmqnAKYpZMoyOY4GkJP2ITuTkj8FlT
P0D7K4+hupC5D+xOj23lneSVUyuLPm1xHHXeICktk6gU9JwSf5CImYpH
-----END PRIVATE KEY-----
`;
export const serverCertificate = `-----BEGIN CERTIFICATE-----
MIIBsTCCAVigAwIBAgIUe/YhzCMb5O1zZrnqtLvMVRremqAwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOYXV0aG9yaXR5LnRlc3QwIBcNMjYxMTI1MTAyMDM4WhgPMjEy
NjExMDExMDIwMzhaMBsxGTAXBgNVBAMMEGF1dGhvcml0eS50ZXN0LTEwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQmqnAKYpZMoyOY4GkJP2ITuTkj8FlTP0D7K4+h
upC5D+xOj23lneSVUyuLPm1xHHXeICktk6gU9JwSf5CImYpHo3oweDAMBgNVHRMB
Af8EAjAAMCgGA1UdEQQhMB+CC2V4YW1wbGUub3JnghAqLm14LmV4YW1wbGUubmV0
MB0GA1UdDgQWBBR0rCR9z0nAzoFGrBw6w+FasDFwIDAfBgNVHSMEGDAWgBSapb6A
IxLPTNNn1gTwBr+CfdOr3DAKBggqhkjOPQQDAgNHADBEAiAGT3/3xWNO7NwZq7OD
cXXeYeWcMU7MiqfMBzVbuWdZhgIgVJhtuyNKW4tPfTwK5PLJLkebgz/jxZ3mxvUq
7WybZxk=
-----END CERTIFICATE-----
`;
