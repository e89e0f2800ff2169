// The peer of the benchmarks: gRPC C++'s callback API over one hash map behind one mutex.
//
// It serves Get and Set of our own contract, as a straightforward C++ service would, so that
// both servers answer the same bytes to the same load.
//
// usage: server [--listen-port PORT]

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <mutex>
#include <string>
#include <unordered_map>

#include "cachemanager/v1/cache.grpc.pb.h"

namespace {

namespace api = cachemanager::v1;

struct Entry {
  std::string value;
  std::uint64_t version;
  google::protobuf::Timestamp stored;
};

class CacheServer final : public api::Cache::CallbackService {
 public:
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context,
                                const api::GetRequest* request,
                                api::GetResponse* response) override {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      auto found = entries_.find(request->key());
      if (found != entries_.end()) {
        response->set_hit(true);
        response->set_value(found->second.value);
        response->set_source(api::SOURCE_L1);
        response->set_version(found->second.version);
        *response->mutable_cached_at() = found->second.stored;
      }
    }
    return finished(context);
  }

  grpc::ServerUnaryReactor* Set(grpc::CallbackServerContext* context,
                                const api::SetRequest* request,
                                api::SetResponse* response) override {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      entries_[request->key()] = Entry{
          request->value(), ++version_, google::protobuf::util::TimeUtil::GetCurrentTime()};
      response->set_stored(true);
      response->set_version(version_);
    }
    return finished(context);
  }

 private:
  static grpc::ServerUnaryReactor* finished(grpc::CallbackServerContext* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::uint64_t version_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::string port = "0";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--listen-port") port = argv[i + 1];
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before gRPC starts its threads

  CacheServer service;
  int bound = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + port, grpc::InsecureServerCredentials(), &bound);
  builder.RegisterService(&service);
  auto server = builder.BuildAndStart();
  if (!server || bound == 0) {
    std::cerr << "cannot listen on port " << port << std::endl;
    return 1;
  }
  std::cout << "listening on 127.0.0.1:" << bound << std::endl;

  int received = 0;
  sigwait(&stop, &received);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  return 0;
}
