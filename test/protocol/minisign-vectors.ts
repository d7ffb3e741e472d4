/** Made by minisign 0.11: a pair of keys (`-G -W`), a file, and its signatures (`-S`, and `-S -l` for the legacy format). */

export const message = 'example.org: [x]\n';
export const publicKeyFile = `untrusted comment: minisign public key 90AF2FC51E83121
RWQhMehR/PIKCU6ukD4vm3V0NCPZJ6O1fIp5MyZw81hL8gwzJ/SF2DsX
`;
export const secretKeyFile = `untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAITHoUfzyCgnDxzFUmF/Uw1P/ARb9jNnSACP+H8Mu3s8dyikv2VNsH06ukD4vm3V0NCPZJ6O1fIp5MyZw81hL8gwzJ/SF2DsXAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;
export const signatureFile = `untrusted comment: signature from minisign secret key
RUQhMehR/PIKCRhHFNpv8COFVQIWfdqV+LXRK5fAI7RNxeUdXulDt64RQBOuHlW+W4GCB1CtsiI3740Db4Rj7L8+2RAgs7cv0gU=
trusted comment: timestamp:1700000000\tfile:m.yml\thashed
piBXokkuqA+r7pjjnF7T0RurCS6WZ1D1135ZJKQLT68tUFhU4tEU/hHIt8Q2/ehyMh7L6Y0GZIcLotzeDo7HBA==
`;
export const legacySignatureFile = `untrusted comment: signature from minisign secret key
RWQhMehR/PIKCT7mMS1tY/yMuFwUcbGiv7J5/BzdC3iIIKtyFFRDnnsRX6OfVWwGdIjSdNhhQ3SpOz597ZsaTd4aKgZoNjnFEQA=
trusted comment: timestamp:1795596721\tfile:m.yml
H9F4Vap9Nu/EjEl2jt5P93K3yz8vAMR6WsbpgmRlateqHTGcZq1+39N9NO4Fe+fLwoCqQ7vYdxCNwnAG661oAg==
`;
/** With a password. */
export const encryptedKeyFile = `untrusted comment: minisign encrypted secret key
RWRTY0Iy3tB4nrTB6HG8OkRy8tBwATvbW+QyKONzKQDUIDs1wOkAAAACAAAAAAAAAEAAAAAALLxfr8vRbnfTn62MGaMhI2Ahv1qUSR9DjU3jmuJtvFswf7UwakqAVCWE4XUNppueFtWrlpVuU2kJuTfLaSEVsV0TF8ImxX/Shs6Z0jeSkHuC/8CWZWotQ1XB+R0wS7WFOSR28n8PJxE=
`;
