// The main function of every test program: Boost.Test writes it where the module has a name. Not precompiled, because
// a precompiled Boost.Test header would swallow the name.
#define BOOST_TEST_MODULE keten
#include <boost/test/unit_test.hpp>
