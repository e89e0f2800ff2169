// How servers are written on the command line; a value.

import ArgumentParser
package import CacheManagerClient

/// One or more addresses, divided by commas.
package struct ServerList: Equatable, Sendable, CustomStringConvertible {
    /// The addresses; at least one.
    package var addresses: [ServerAddress]

    /// A list of addresses.
    package init(_ addresses: [ServerAddress]) { self.addresses = addresses }

    /// The addresses with commas between them.
    package var description: String { addresses.map(\.description).joined(separator: ",") }

    /// Reads `a:1,b:2`. Throws a ValidationError that says what is wrong.
    package static func parse(_ text: String) throws -> ServerList {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        do {
            return ServerList(try parts.map { try ServerAddress(String($0)) })
        } catch let error as CacheError {
            throw ValidationError(error.message)
        }
    }
}
