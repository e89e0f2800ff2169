// Whom a caller's token names; pure.

import Foundation
import GRPC

/// A JSON web token (RFC 7519) as `authorization: Bearer …` carries it.
struct BearerToken: Decodable {
    /// The issuer, which for a service account is its address.
    let iss: String
    /// What it is good for.
    let scope: String?

    /// The token of a call. The signature is not checked: what is tested is that it comes.
    static func of(_ call: ServerCall) -> BearerToken? {
        guard let header = call.metadata["authorization"], header.hasPrefix("Bearer ") else {
            return nil
        }
        let parts = header.dropFirst("Bearer ".count).split(separator: ".")
        guard parts.count == 3 else { return nil }
        var base64 = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard let json = Data(base64Encoded: base64) else { return nil }
        // A token that is none names nobody.
        return try? JSONDecoder().decode(BearerToken.self, from: json)
    }
}
