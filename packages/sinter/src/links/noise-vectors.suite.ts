// The published vector of Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s, as computed by cacophony, a Noise in Haskell
// (github.com/haskell-cryptography/cacophony, vectors/cacophony.txt). Three messages are the handshake; those after it go forth
// and back in turn.

export const noiseVector = {
  prologue: "4a6f686e2047616c74",
  psk: "54686973206973206d7920417573747269616e20706572737065637469766521",
  initiator: {
    static: "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
    ephemeral: "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
  },
  responder: {
    static: "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
    ephemeral: "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
  },
  messages: [
    {
      payload: "4c756477696720766f6e204d69736573",
      sealed:
        "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944325ea71699951ece20f284b6ad9604a029eb335bf84564c308b6ade90ae45078",
    },
    {
      payload: "4d757272617920526f746862617264",
      sealed:
        "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088432645535233ffe1432564d66a85227b677ced6fc2730ae0998ff49aa1dc56b8186e31b16e416f5d9c03c71f6c34fd37ec013105020070a8b00c000ce7ed56629c119795f96463274bc05519d5c24dc1",
    },
    {
      payload: "462e20412e20486179656b",
      sealed:
        "adf16c5375ec4172576783fd59f2bfa5c7a320d0a13b759592e1a2ddf5524cce59ccbb92ff5d321fced3bdb2840596df562c0e68aad41b090abd285f6d300130072e06964a6ba494e58d47",
    },
    { payload: "4361726c204d656e676572", sealed: "dcdc045c8e9ec36c8ea4078552e5849f87cb9bdfbd2a4eee3baaf6" },
    { payload: "4a65616e2d426170746973746520536179", sealed: "4d11ed1f242e199dbcbc9773495834a95e8a6109e2b555aeb50780e69b152821e4" },
    {
      payload: "457567656e2042f6686d20766f6e2042617765726b",
      sealed: "4d1e6873ffcc88490be6914928590f63253c2db434f1f206f083f89ca559a3e60a8dcc4f12",
    },
  ],
} as const;
