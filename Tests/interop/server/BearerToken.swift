// Whom a caller's token names; pure.

import Foundation
import GRPC

/// A JSON web token (RFC 7519) as `authorization: Bearer …` carries it.
enum BearerToken {
    private struct Claims: Decodable {
        let iss: String
    }

    /// The issuer, which for a service account is its address. The signature is not checked:
    /// what is tested is that the token comes.
    static func issuer(_ call: ServerCall) -> String? {
        guard let header = call.metadata["authorization"], header.hasPrefix("Bearer ") else {
            return nil
        }
        let parts = header.dropFirst("Bearer ".count).split(separator: ".")
        guard parts.count == 3 else { return nil }
        var base64 = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard let json = Data(base64Encoded: base64) else { return nil }
        // A token that is none names nobody.
        return (try? JSONDecoder().decode(Claims.self, from: json))?.iss
    }
}
