// Where the programs under test are; constants of the run.

import Foundation

/// There is nothing to test.
struct ProgramMissing: Error, CustomStringConvertible {
    let description: String
}

/// A program of this package.
enum Program: String {
    case server = "cache-manager"
    case client = "cachectl"
    case load = "cacheload"

    private var variable: String {
        switch self {
        case .server: "CACHE_MANAGER_BIN"
        case .client: "CACHECTL_BIN"
        case .load: "CACHELOAD_BIN"
        }
    }

    /// The one that the environment names, else the one built beside the tests.
    func url() throws -> URL {
        let named = ProcessInfo.processInfo.environment[variable].map { URL(fileURLWithPath: $0) }
        let url = named ?? Self.productsFolder.appendingPathComponent(rawValue)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw ProgramMissing(
                description: "\(url.path) is missing: run `swift build`, or set \(variable)")
        }
        return url
    }

    private static var productsFolder: URL {
        #if os(Linux)
            let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        #else
            let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
            let tests = (bundle ?? Bundle.main).bundleURL
        #endif
        return tests.deletingLastPathComponent()
    }
}
