// The options that every command takes, before or after its name; a value.

import ArgumentParser
import CacheManagerClient
import Console

/// Where the server is, how to talk to it, and how to print what it says.
struct GlobalOptions: ParsableArguments {
    static let program = "cachectl"

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print each answer as one JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Name yourself as the origin of your writes, for watchers to see.", valueName: "id"))
    var originID: String?

    mutating func validate() throws {
        if let originID,
            !(1...128).contains(originID.utf8.count)
                || !originID.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        {
            throw ValidationError("--origin-id must be 1 to 128 printable ASCII characters")
        }
    }

    /// Runs `body` with a client and an output of these options. What a server refuses, and that
    /// there is none, is thrown as a CommandFailure.
    func ask<Result>(_ body: (CacheClient, Output) async throws -> Result) async throws -> Result {
        var configuration = try connection.configuration(for: Self.program)
        configuration.originID = originID
        let cache = try connection.client(configuration, for: Self.program)
        do {
            let result = try await body(cache, Output(of: Self.program, isJSON: json))
            await cache.close()
            return result
        } catch let error as CacheError {
            throw failure(error)
        }
    }

    /// What a library's error means to the user of this program.
    func failure(_ error: CacheError) -> CommandFailure {
        do throws(CommandFailure) {
            return .call(try connection.servers(for: Self.program).description, error)
        } catch {
            return error
        }
    }
}
